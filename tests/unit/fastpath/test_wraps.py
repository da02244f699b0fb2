"""Every counter that wraps: nothing is missing, repeated or out of order where it begins anew."""

import struct
from itertools import pairwise

import pytest
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.rtcp import nack
from tests.unit.fastpath.rig import MS, VIDEO, VIDEO_RTX, VP8_KEYFRAME, Rig, packet, renumbered
from tests.unit.fastpath.test_simulcast import call as simulcast_call
from tests.unit.fastpath.test_simulcast import frame, vp8


def near(*turns):
    """Numbers on both sides of where a counter turns."""
    return st.sampled_from(turns).flatmap(lambda turn: st.integers(max(0, turn - 4), turn + 3))


SEQUENCES = near(0, 2**15, 2**16 - 1)
TIMESTAMPS = near(0, 2**15, 2**16, 2**31, 2**32 - 4)
LONG_IDS = near(0, 2**7, 2**14, 2**15 - 4)
SHORT_IDS = near(0, 2**6, 2**7 - 4)
TL0 = near(0, 2**7, 2**8 - 4)


def steps(values, bits):
    """The differences from one to the next, of a counter of so many bits."""
    return [(after - before) & ((1 << bits) - 1) for before, after in pairwise(values)]


# ----------------------------------------------------------------------------------------------- one change of source


@settings(deadline=None)
@given(st.tuples(SEQUENCES, SEQUENCES), st.tuples(TIMESTAMPS, TIMESTAMPS))
def test_numbers_and_times_go_on_over_a_switch(sequences, timestamps):
    rig, alice, bob, _, _ = simulcast_call()
    for layer, (sequence, timestamp) in zip((0, 2), zip(sequences, timestamps, strict=True), strict=True):
        for index in range(12):
            payload = vp8(index, index, is_key=index == 0)
            alice.send(frame(layer, (sequence + index) & 0xFFFF, payload, (timestamp + 3000 * index) & 0xFFFFFFFF))
        rig.run(100 * MS)
    assert steps([packet.sequence_number for packet in bob.rtp], 16) == [1] * 23
    times = steps([packet.timestamp for packet in bob.rtp], 32)
    assert times[:11] == times[12:] == [3000] * 11
    assert 3000 <= times[11] <= 90_000


@settings(deadline=None)
@given(st.booleans(), st.data())
def test_pictures_are_counted_on_over_a_switch(is_long, data):
    rig, alice, bob, _, _ = simulcast_call()
    bits = 15 if is_long else 7
    for layer in (0, 2):
        picture, tl0 = data.draw(LONG_IDS if is_long else SHORT_IDS), data.draw(TL0)
        for index in range(8):
            ids = (picture + index) % (1 << bits), (tl0 + index) % 256
            payload = vp8(*ids, is_key=index == 0, is_long=is_long)
            alice.send(frame(layer, 500 * layer + index, payload, 3000 * index))
        rig.run(100 * MS)
    pictures = [int.from_bytes(packet.payload[2 : 2 + bits // 7], "big") & ((1 << bits) - 1) for packet in bob.rtp]
    assert steps(pictures, bits) == [1] * 15
    assert steps([packet.payload[2 + bits // 7] for packet in bob.rtp], 8) == [1] * 15


# ------------------------------------------------------------------------------------------------- SRTP's rollovers


@pytest.mark.parametrize("start", [0, 32_760, 65_530])
@pytest.mark.parametrize("missed", [1, 10, 20])
def test_a_subscriber_that_misses_the_beginning_can_read_the_rest(start, missed):
    """Whoever never saw number 65535 cannot know that SRTP's rollover counter has grown."""
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    datagrams = []
    bob.on_datagram = datagrams.append
    alice.send(*(packet(start + n, ssrc=0x1000, payload=VP8_KEYFRAME) for n in range(40)))
    plain = [bob._in.unprotect(datagram) for datagram in datagrams[missed:]]
    assert [int.from_bytes(data[2:4], "big") for data in plain] == renumbered(range(start, start + 40))[missed:]


@pytest.mark.parametrize("lost", [set(), {65_535}, {65_536}, {65_534, 65_535, 65_536, 65_537}, {65_535, 65_537}])
def test_a_publishers_rollover_is_seen_whatever_is_lost_around_it(lost):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    sent = range(65_520, 65_550)
    datagrams = {n: alice.protect(packet(n, ssrc=0x1000, payload=VP8_KEYFRAME)) for n in sent}
    rig.receive(*((datagrams[n], alice.address) for n in sent if n not in lost))
    rig.receive(*((datagrams[n], alice.address) for n in sorted(lost)))
    assert sorted(p.sequence_number for p in bob.rtp) == renumbered(sent)
    assert rig.core.counters()["dropped_srtp_auth_packets"] == 0


# -------------------------------------------------------------------------------------------- a call of many packets

BATCH = 64
BATCHES = 1100
"""Seventy thousand packets, and as many repairs: each counter on the way wraps."""


def test_a_call_of_seventy_thousand_packets_and_repairs():
    call = LongCall()
    for number in range(BATCHES):
        call.play(number * BATCH)
    sent = list(range(BATCHES * BATCH))
    assert call.media == sent
    assert call.repaired == sent
    for numbers in (call.rtx_numbers, call.transport_numbers):
        assert len(numbers) >= len(sent)
        assert set(steps(numbers, 16)) == {1}
    counters = call.rig.core.counters()
    assert {name for name, count in counters.items() if name.startswith("dropped") and count} == set()
    report = call.alice.received(RtcpRrPacket)[-1].reports[0]
    assert report.highest_sequence == call.first + sent[-1]
    assert report.packets_lost == 0


class LongCall:
    """A publisher whose packets hold their index, a subscriber that asks for each once more and reports all."""

    first = 30_000

    def __init__(self):
        self.rig = Rig()
        self.alice, self.bob = self.rig.peer(), self.rig.peer()
        track = self.alice.publish_video()
        self.bob.subscribe(track, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
        self.rig.core.join_client(self.bob.handle, b"bob", transport_cc=6)
        self.media, self.repaired, self.rtx_numbers, self.transport_numbers = [], [], [], []
        self.bob.on_datagram = self.note
        self.rig.run(100 * MS)

    def play(self, first):
        """A tenth of a second."""
        if first % (100 * BATCH) == 0:
            self.alice.check()
            self.bob.check()
        packets = [self.protect(index) for index in range(first, first + BATCH)]
        self.rig.receive(*((data, self.alice.address) for data in packets))
        lost = renumbered([self.first, *range(self.first + first, self.first + first + BATCH)])[1:]
        self.bob.send_raw_rtcp(nack(1, 0x5000, lost))
        self.bob.send_raw_rtcp(self.feedback(2 * BATCH))
        self.rig.run(100 * MS)

    def protect(self, index):
        header = struct.pack(">BBHII", 0x80, VIDEO, (self.first + index) & 0xFFFF, index, 0x1000)
        return self.alice._out.protect(header + VP8_KEYFRAME[:2] + struct.pack(">I", index))

    def feedback(self, count):
        """The last *count* packets arrived at once."""
        first, now = self.transport_numbers[-count], self.rig.now_us // 64_000
        head = struct.pack(">IIHH", 1, 2, first, count) + now.to_bytes(3, "big") + b"\0"
        body = head + struct.pack(">H", 1 << 13 | count) + bytes(count)
        return struct.pack(">BBH", 0x8F, 205, (len(body) + 2) // 4) + body + bytes(2)

    def note(self, datagram):
        if 192 <= datagram[1] <= 223 or datagram[0] < 4:
            return
        data = self.bob._in.unprotect(datagram)
        index = int.from_bytes(data[-4:], "big")
        self.transport_numbers.append(int.from_bytes(data[17:19], "big"))
        if data[1] & 0x7F == VIDEO:
            self.media.append(index)
            return
        self.rtx_numbers.append(int.from_bytes(data[2:4], "big"))
        if not data[0] & 0x20:  # padding looks for bandwidth
            self.repaired.append(index)


# ------------------------------------------------------------------------------------------------------------ reports


@settings(deadline=None, max_examples=30)
@given(near(2**15, 2**16, 2**31, 2**32 - 4), st.sampled_from([0, 0x7FFF0000, 0xFFFF0000, 0xFFFFFFFF]))
def test_the_round_trip_is_measured_wherever_the_clock_stands(seconds, fraction):
    """Of an NTP time only the middle half comes back."""
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    down = bob.subscribe(alice.publish_video())
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME))
    ntp = seconds << 32 | fraction
    info = RtcpSenderInfo(ntp_timestamp=ntp, rtp_timestamp=2**32 - 1, packet_count=1, octet_count=1)
    alice.send_rtcp(RtcpSrPacket(ssrc=0x1000, sender_info=info))
    while not bob.received(RtcpSrPacket):
        rig.run(10 * MS)
    report = bob.received(RtcpSrPacket)[0]
    assert 0 <= (report.sender_info.ntp_timestamp - ntp) % 2**64 <= 2 << 32
    rig.run(80 * MS)
    block = RtcpReceiverInfo(
        ssrc=0x5000, fraction_lost=0, packets_lost=0, highest_sequence=1, jitter=0,
        lsr=(report.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF, dlsr=0,
    )  # fmt: skip
    bob.send_rtcp(RtcpRrPacket(ssrc=1, reports=[block]))
    assert rig.core.describe_down_track(down)["round_trip_us"] == 80 * MS
