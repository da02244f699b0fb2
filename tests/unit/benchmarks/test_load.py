"""The packet loop with its publisher looped straight to one subscriber, or through a path that misbehaves."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from pylibsrtp import Policy

from benchmarks._load import LoadLoop
from benchmarks.load import Media, SampleChecker, SampleCorrupt, read_probe, rtp_payload
from benchmarks.peer_socket import join_datagrams, open_socket
from benchmarks.srtp import PROTECT_ADDRESS, address_of, inbound, outbound

PROFILE = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
KEY = bytes(range(28))
VIDEO = Media(ssrc=1000, payload_type=96, abs_send_time=2, transport_cc=3)
AUDIO = Media(ssrc=2000, payload_type=111, audio_level=1, transport_cc=3)

Path = tuple["Rig", socket.socket, list[bytes]]
"""A rig, the socket that feeds its subscriber, and recorded video packets."""


@dataclass
class Rig:
    """One publisher, one subscriber and the path between them."""

    loop: LoadLoop
    publisher: int
    subscriber: int
    publisher_socket: socket.socket
    subscriber_socket: socket.socket
    checker: SampleChecker

    def send(self, packets: int, sample_every: int = 1) -> None:
        """Run traffic until *packets* have been sent."""
        self.loop.sample(sample_every)
        self.loop.start_traffic([self.publisher], frame_rate=1000, audio_rate=1000, spread_us=0)
        wait_for(lambda: self.sent >= packets)
        self.loop.stop_traffic()

    @property
    def sent(self) -> int:
        video, _, audio, *_ = self.loop.sent(self.publisher)
        return video + audio


def wait_for(condition, timeout_s: float = 10) -> None:
    """The loop is a thread without the GIL and tells nobody; poll, with a deadline."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the packet loop did not get there"


@contextmanager
def running(loop: LoadLoop) -> Iterator[None]:
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield
    finally:
        loop.stop()
        thread.join()


def make_rig(publisher_socket: socket.socket, subscriber_socket: socket.socket) -> Rig:
    join_datagrams(subscriber_socket)
    loop = LoadLoop(PROTECT_ADDRESS)
    session = outbound(PROFILE, KEY)
    publisher = loop.add_publisher(
        publisher_socket.fileno(), session, address_of(session), VIDEO.as_struct(), AUDIO.as_struct(), seed=7
    )
    subscriber = loop.add_subscriber(subscriber_socket.fileno(), VIDEO.payload_type, AUDIO.payload_type)
    checker = SampleChecker()
    checker.add(subscriber, inbound(PROFILE, KEY), VIDEO.payload_type)
    return Rig(loop, publisher, subscriber, publisher_socket, subscriber_socket, checker)


@pytest.fixture
def direct() -> Iterator[Rig]:
    """Publisher connected straight to the subscriber."""
    with open_socket("127.0.0.1") as left, open_socket("127.0.0.1") as right:
        left.connect(right.getsockname())
        right.connect(left.getsockname())
        rig = make_rig(left, right)
        with running(rig.loop):
            yield rig


@pytest.fixture
def through_test() -> Iterator[Path]:
    """A subscriber that gets what the test hands on of packets recorded from the publisher."""
    with open_socket("127.0.0.1") as left, open_socket("127.0.0.1") as right, open_socket("127.0.0.1") as path:
        left.connect(path.getsockname())
        right.connect(path.getsockname())
        rig = make_rig(left, right)
        with running(rig.loop):
            rig.send(200)
            recorded = [path.recv(2048) for _ in range(200)]
            video = [packet for packet in recorded if packet[1] & 0x7F == VIDEO.payload_type]
            path.connect(right.getsockname())
            yield rig, path, video


def test_every_packet_arrives_once_and_intact(direct: Rig) -> None:
    direct.send(2000)
    wait_for(lambda: direct.loop.received(direct.subscriber)[0] == direct.sent)
    assert direct.loop.received(direct.subscriber) == (direct.sent, 0, 0, 0)
    for sample in direct.loop.take_samples():
        direct.checker.check(*sample)
    assert direct.checker.checked > 500
    assert direct.checker.corrupt == 0
    assert all(0 < delay < 1_000_000 for delay in direct.checker.delays_us)


def test_a_sample_is_one_of_so_many(direct: Rig) -> None:
    direct.send(1000, sample_every=100)
    wait_for(lambda: direct.loop.received(direct.subscriber)[0] == direct.sent)
    assert len(direct.loop.take_samples()) == direct.sent // 100


def test_what_is_not_rtp_goes_to_the_control_ring(direct: Rig) -> None:
    stun, rtcp, dtls = b"\x00\x01" + bytes(18), b"\x80\xc8" + bytes(26), b"\x16\xfe\xfd" + bytes(20)
    for datagram in (stun, rtcp, dtls):
        direct.publisher_socket.send(datagram)
    seen: list[bytes] = []

    def all_seen() -> bool:
        seen.extend(data for peer, _, data in direct.loop.take_control() if peer == direct.subscriber)
        return len(seen) == 3

    wait_for(all_seen)
    assert seen == [stun, rtcp, dtls]
    assert direct.loop.received(direct.subscriber) == (0, 0, 0, 0)


def test_loss_duplicates_and_reordering_are_told_apart(through_test: Path) -> None:
    rig, path, video = through_test
    delivered = [video[0], video[1], video[1], video[4], video[3], *video[6:20]]  # 2 and 5 are lost
    for packet in delivered:
        path.send(packet)
    wait_for(lambda: sum(rig.loop.received(rig.subscriber)) == len(delivered) + 1)
    assert rig.loop.received(rig.subscriber) == (18, 1, 1, 0)
    [(ssrc, expected, received, _)] = rig.loop.reception(rig.subscriber)
    assert (ssrc, expected - received) == (VIDEO.ssrc, 2)


@pytest.mark.parametrize("first", [0, 1, 0x7FFE, 0x7FFF, 0x8000, 0xFFF0, 0xFFFF])
def test_sequence_numbers_wrap(direct: Rig, first: int) -> None:
    header = bytes([0x80, VIDEO.payload_type])
    order = [0, 1, 3, 2, 40, 4]
    for step in order:
        direct.publisher_socket.send(header + ((first + step) & 0xFFFF).to_bytes(2, "big") + bytes(20))
    wait_for(lambda: direct.loop.received(direct.subscriber)[0] == len(order))
    assert direct.loop.received(direct.subscriber) == (6, 0, 2, 0)
    [(_, expected, _, highest)] = direct.loop.reception(direct.subscriber)
    assert (expected, highest & 0xFFFF) == (41, (first + 40) & 0xFFFF)


def test_a_changed_byte_is_noticed(through_test: Path) -> None:
    _, _, video = through_test
    plain = inbound(PROFILE, KEY).unprotect(video[0])
    payload = rtp_payload(plain)[14:]
    read_probe(payload)
    for position in (0, 12, 17, 18, len(payload) - 1):
        changed = bytearray(payload)
        changed[position] ^= 1
        with pytest.raises(SampleCorrupt):
            read_probe(bytes(changed))
    with pytest.raises(SampleCorrupt):
        read_probe(payload[:-1])


def test_frames_are_bursts_of_packets_that_differ_by_one_byte(through_test: Path) -> None:
    _, _, video = through_test
    session = inbound(PROFILE, KEY)
    sizes: list[int] = []
    frames = 0
    for packet in video:
        sizes.append(len(rtp_payload(session.unprotect(packet))))
        if packet[1] & 0x80:
            assert sizes == sorted(sizes)
            assert sizes[-1] - sizes[0] <= 1
            assert max(sizes) <= 1100
            frames += 1
            sizes = []
    assert frames > 5


def test_publishers_send_at_the_same_time_and_each_its_own(direct: Rig) -> None:
    with open_socket("127.0.0.1") as left, open_socket("127.0.0.1") as right:
        left.connect(right.getsockname())
        right.connect(left.getsockname())
        session, loop = outbound(PROFILE, KEY), direct.loop
        second = loop.add_publisher(
            left.fileno(), session, address_of(session), VIDEO.as_struct(), AUDIO.as_struct(), seed=8
        )
        other = loop.add_subscriber(right.fileno(), VIDEO.payload_type, AUDIO.payload_type)
        loop.start_traffic([direct.publisher, second], frame_rate=1000, audio_rate=1000, spread_us=0)
        wait_for(lambda: min(loop.received(direct.subscriber)[0], loop.received(other)[0]) > 500)
        loop.stop_traffic()
        loop.stop()


def test_only_so_many_publishers_send_at_a_time(direct: Rig) -> None:
    with pytest.raises(ValueError, match="at most 64 publishers"):
        direct.loop.start_traffic([direct.publisher] * 65, frame_rate=1, audio_rate=1, spread_us=0)


def test_a_key_frame_comes_when_it_is_asked_for(direct: Rig) -> None:
    session = inbound(PROFILE, KEY)
    starts: list[bool] = []

    def key_frames() -> int:
        for _, _, packet in direct.loop.take_samples():
            descriptor = rtp_payload(session.unprotect(packet))
            if packet[1] & 0x7F == VIDEO.payload_type and descriptor[0] & 0x10:
                starts.append(descriptor[4] & 1 == 0)
        return sum(starts)

    direct.loop.sample(1)
    direct.loop.start_traffic([direct.publisher], frame_rate=100, audio_rate=1, spread_us=0)
    wait_for(lambda: key_frames() == 1)
    direct.loop.request_key_frame(direct.publisher)
    wait_for(lambda: key_frames() == 2)
    direct.loop.stop_traffic()
    assert len(starts) < 300, "it came by itself"
