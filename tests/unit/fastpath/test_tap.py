"""Taps: a local consumer gets the packets of a track in plain RTP, and can neither delay nor harm anybody."""

import socket
import struct
from contextlib import ExitStack, closing

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpSenderInfo, RtcpSrPacket, RtpPacket

from ovrouter._fastpath import Worker
from tests.unit.fastpath.rig import MS, SECOND, VIDEO, VP8_DELTA, VP8_KEYFRAME, Rig, packet

SSRC = 0x1000
EVERY_TYPE = [(pt, pt) for pt in range(128)]


class Consumer:
    """One end of a tap."""

    def __init__(self, rig, track):
        self.rig = rig
        self.sock, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.handle = rig.core.add_tap(ours.fileno())
        ours.close()
        self.sock.setblocking(False)
        rig.core.add_down_track(track, self.handle, ssrc=7, payload_types=EVERY_TYPE)

    def close(self):
        self.sock.close()

    def messages(self):
        """What came, oldest first; ends with b"" once the tap is closed."""
        # Handing nothing to anybody still sends what is queued.
        if self.handle is not None:
            self.rig.core.send(self.handle, [])
        found = []
        while True:
            try:
                found.append(self.sock.recv(4096))
            except BlockingIOError:
                return found
            if not found[-1]:
                return found

    def rtp(self):
        return [RtpPacket.parse(data) for data in self.messages() if not 200 <= data[1] <= 207]


@pytest.fixture
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        yield sock


@pytest.fixture
def tap(rig):
    """Makes consumers, and closes their ends."""
    with ExitStack() as opened:
        yield lambda track: opened.enter_context(closing(Consumer(rig, track)))


@pytest.fixture
def rig(udp):
    return Rig(core=Worker([udp]))


@pytest.fixture
def publisher(rig):
    return rig.peer()


@pytest.fixture
def track(publisher):
    return publisher.publish_video(ssrc=SSRC)


def keyframe(sequence, **options):
    return packet(sequence, ssrc=SSRC, payload=VP8_KEYFRAME, **options)


def delta(sequence, **options):
    return packet(sequence, ssrc=SSRC, payload=VP8_DELTA, **options)


def test_packets_come_in_plain_rtp_with_the_taps_own_ssrc(rig, publisher, track, tap):
    consumer = tap(track)
    publisher.send(keyframe(10, timestamp=3000, marker=1))
    (got,) = consumer.rtp()
    assert (got.ssrc, got.sequence_number, got.timestamp, got.payload_type) == (7, 10, 3000, VIDEO)
    assert got.payload == VP8_KEYFRAME
    assert got.marker


def test_a_tap_begins_with_a_keyframe_which_it_asks_for(rig, publisher, track, tap):
    consumer = tap(track)
    publisher.send(delta(1))
    assert consumer.rtp() == []
    assert [message.fmt for message in publisher.received(RtcpPsfbPacket)] == [1]
    publisher.send(keyframe(2), delta(3))
    assert [got.sequence_number for got in consumer.rtp()] == [2, 3]


def test_a_packet_repaired_by_retransmission_comes_late(rig, publisher, track, tap):
    consumer = tap(track)
    publisher.send(keyframe(1), delta(3))
    publisher.send(delta(2))
    assert [got.sequence_number for got in consumer.rtp()] == [1, 3, 2]


def test_sender_reports_tell_the_publishers_clock(rig, publisher, track, tap):
    consumer = tap(track)
    publisher.send(keyframe(1, timestamp=90000))
    publisher.send_rtcp(RtcpSrPacket(SSRC, RtcpSenderInfo(5 << 32, 90000, 1, 100)))
    consumer.messages()
    rig.run(SECOND)
    reports = [data for data in consumer.messages() if data[1] == 200]
    (report, *_) = RtcpPacket.parse(reports[0])
    elapsed_s = (report.sender_info.ntp_timestamp / 2**32) - 5
    assert 0 <= elapsed_s <= 1
    assert report.ssrc == 7
    assert report.sender_info.rtp_timestamp == pytest.approx(90000 + 90000 * elapsed_s, abs=1)


def test_the_other_subscribers_get_theirs_whatever_the_consumer_does(rig, publisher, track, tap):
    slow = tap(track)
    subscriber = rig.peer()
    subscriber.subscribe(track)
    publisher.send(keyframe(1))
    for sequence in range(2, 5000):
        publisher.send(delta(sequence))
        rig.core.send(slow.handle, [])
    assert len(subscriber.rtp) == 4999
    lost = rig.core.describe_transport(slow.handle)["dropped_packets"]
    assert lost > 0
    assert rig.core.counters()["dropped_tap_full_packets"] == lost
    kept = slow.rtp()
    assert [got.sequence_number for got in kept] == list(range(1, len(kept) + 1))
    assert len(kept) + lost == 4999


def test_a_consumer_that_is_gone_gets_nothing_more(rig, publisher, track, tap):
    consumer = tap(track)
    consumer.sock.close()
    publisher.send(keyframe(1), delta(2))
    rig.core.send(consumer.handle, [])
    publisher.send(delta(3))
    rig.core.send(consumer.handle, [])
    assert rig.core.describe_transport(consumer.handle)["dropped_packets"] == 3


def test_removing_a_tap_delivers_what_waits_and_ends_the_stream(rig, publisher, track, tap):
    consumer = tap(track)
    publisher.send(keyframe(1), delta(2))
    rig.core.remove_transport(consumer.handle)
    consumer.handle = None
    assert [len(data) > 12 for data in consumer.messages()] == [True, True, False]
    publisher.send(delta(3))
    assert rig.core.counters()["down_tracks"] == 0


def test_removing_the_track_leaves_the_tap_open(rig, publisher, track, tap):
    consumer = tap(track)
    rig.core.remove_up_track(track)
    assert consumer.messages() == []
    rig.core.remove_transport(consumer.handle)


def test_a_new_source_goes_on_with_the_numbers_of_the_last(rig, publisher, track, tap):
    consumer = tap(track)
    publisher.send(keyframe(10, timestamp=1000))
    again = rig.peer()
    again.bind_video(track, ssrc=SSRC)
    rig.now_us += 500 * MS
    again.send(keyframe(50000, timestamp=777_000))
    first, second = consumer.rtp()
    assert second.sequence_number == first.sequence_number + 1
    assert second.timestamp == first.timestamp + 45000


def test_many_packets_at_once_are_handed_over_in_between(rig, publisher, track, tap):
    consumer = tap(track)
    consumer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    publisher.send(keyframe(1))
    got = len(consumer.rtp())
    for sequence in range(2, 602):
        publisher.send(delta(sequence))
        if sequence % 100 == 0:
            got += len(consumer.rtp())
    got += len(consumer.rtp())
    assert got == 601


def test_a_descriptor_that_is_none_is_refused(rig):
    with pytest.raises(OSError, match="no file descriptor"):
        rig.core.add_tap(struct.unpack("i", b"\xff\xff\xff\x7f")[0])
