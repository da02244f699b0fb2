"""Feedback that lies: others and the publisher notice nothing, the liar's stream stays bounded, its audio whole."""

import random
import struct
from functools import cache

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket

from tests.unit.fastpath.rig import AUDIO, MS, VP8_KEYFRAME, Rig, packet

DURATION_MS = 6000
FRAME_MS = 30
FRAME_PACKETS = 3
VIDEO_PAYLOAD = b"\x10\x01" + bytes(900)
OTHERS = 4
MEDIA_BPS = FRAME_PACKETS * 950 * 8 * 1000 // FRAME_MS
REPAIR_MAX_BPS = 64 * 10 * 950 * 8
VIDEO_SSRC, AUDIO_SSRC = 0x5000, 0x6000


def rtcp(kind, form, body):
    return struct.pack(">BBH", 0x80 | form, kind, len(body) // 4) + body


def remb(mantissa, exponent):
    return rtcp(206, 15, struct.pack(">II4sII", 1, 0, b"REMB", 1 << 24 | exponent << 18 | mantissa, VIDEO_SSRC))


def nack(*items):
    body = b"".join(struct.pack(">HH", number & 0xFFFF, mask) for number, mask in items)
    return rtcp(205, 1, struct.pack(">II", 1, VIDEO_SSRC) + body)


def feedback(first, count, *, delta, reference):
    """All *count* packets arrived, *delta* units of 250 µs after each other; None: none arrived."""
    symbol = 0 if delta is None else 2
    chunk = struct.pack(">H", symbol << 13 | count)
    deltas = b"" if delta is None else struct.pack(">h", delta) * count
    body = struct.pack(">IIHH", 1, 2, first & 0xFFFF, count) + (reference & 0xFFFFFF).to_bytes(3, "big") + b"\0"
    body += chunk + deltas
    return rtcp(205, 15, body + bytes(-len(body) % 4))


def report(fraction, lost, jitter, last_report, delay):
    return rtcp(
        201, 1, struct.pack(">IIIIIII", 1, VIDEO_SSRC, fraction << 24 | lost, 2**32 - 1, jitter, last_report, delay)
    )


CHANCE = random.Random(13)
LIES = {
    "REMB of 0": lambda step, sent: remb(0, 0),
    "REMB of 2^63": lambda step, sent: remb(1 << 17, 46),
    "REMB of more than 64 bits": lambda step, sent: remb(0x3FFFF, 63),
    "REMB that looks negative": lambda step, sent: remb(0x20000, 0),
    "REMB up and down": lambda step, sent: remb(0x3FFFF, 63 * (step % 2)),
    "feedback from the future": lambda step, sent: feedback(sent + 1000, 10, delta=1, reference=step),
    "feedback on what was never sent": lambda step, sent: feedback(-200, 100, delta=1, reference=step),
    "feedback that repeats itself": lambda step, sent: feedback(0, 10, delta=1, reference=5),
    "feedback with the longest delays": lambda step, sent: feedback(sent - 9, 9, delta=32767, reference=step),
    "feedback with negative delays": lambda step, sent: feedback(sent - 9, 9, delta=-32768, reference=step),
    "feedback by a clock that runs back": lambda step, sent: (
        feedback(sent - 9, 9, delta=None, reference=-step << 22) + feedback(sent - 4, 4, delta=0, reference=-step << 22)
    ),
    "feedback by a clock that jumps": lambda step, sent: feedback(
        sent - 9, 9, delta=1, reference=CHANCE.randrange(1 << 24)
    ),
    "feedback that all was lost": lambda step, sent: feedback(sent - 9, 9, delta=None, reference=step),
    "feedback that the queue grows": lambda step, sent: feedback(sent - 9, 9, delta=100 + step, reference=step),
    "feedback on everything at once": lambda step, sent: feedback(sent - 1000, 1000, delta=None, reference=step),
    "a flood of NACKs": lambda step, sent: nack(*((number, 0xFFFF) for number in range(sent - 320, sent, 17))),
    "NACKs of what is to come": lambda step, sent: nack(*((sent + number, 0xFFFF) for number in range(0, 5000, 17))),
    "a flood of PLIs": lambda step, sent: rtcp(206, 1, struct.pack(">II", 1, VIDEO_SSRC)) * 20,
    "a flood of FIRs": lambda step, sent: rtcp(206, 4, struct.pack(">IIII", 1, 0, VIDEO_SSRC, step % 256 << 24)) * 20,
    "all was lost": lambda step, sent: report(255, 0x7FFFFF, 0, 0, 0),
    "absurd reports": lambda step, sent: report(255, 0x800000, 2**32 - 1, step, 2**32 - 1),
}
FLOODS_OF_REQUESTS = {"a flood of PLIs", "a flood of FIRs"}
REQUESTS_MAX = 5 + DURATION_MS // 2000 + 1


class Call:
    """A publisher, a subscriber that may lie, and some that have nothing to do with it."""

    def __init__(self, *, has_feedback, lie=None):
        self.rig = Rig()
        self.alice, self.liar, *self.others = [self.rig.peer() for _ in range(2 + OTHERS)]
        video, audio = self.alice.publish_video(), self.alice.publish_audio()
        for subscriber in (self.liar, *self.others):
            down = self.subscribe(subscriber, video, audio, 6 if has_feedback else 0)
            if subscriber is self.liar:
                self.down = down
        for step in range(DURATION_MS // 10):
            if step % (FRAME_MS // 10) == 0:
                self.send_frame(step * 10 // FRAME_MS)
            if lie is not None:
                self.liar.send_raw_rtcp(lie(step, self.video_packets()))
            self.rig.run(10 * MS)

    def subscribe(self, subscriber, video, audio, transport_cc):
        self.rig.core.join_client(subscriber.handle, subscriber.ufrag, transport_cc=transport_cc)
        subscriber.subscribe(audio, ssrc=AUDIO_SSRC, pt=AUDIO, source_pt=AUDIO)
        return subscriber.subscribe(video, ssrc=VIDEO_SSRC, rtx_ssrc=VIDEO_SSRC + 1, rtx_payload_types=[(96, 97)])

    def send_frame(self, number):
        first = number * FRAME_PACKETS
        self.alice.send(
            *(
                packet(
                    first + index, ssrc=0x1000, timestamp=number * 2700, marker=index == FRAME_PACKETS - 1,
                    payload=VP8_KEYFRAME if number % 10 == 0 and index == 0 else VIDEO_PAYLOAD,
                )
                for index in range(FRAME_PACKETS)
            ),
            packet(number, ssrc=0x2000, pt=AUDIO, timestamp=number * 1440),
        )  # fmt: skip

    def video_packets(self):
        return sum(packet.ssrc != AUDIO_SSRC for packet in self.liar.rtp)

    def told_publisher(self):
        """The publisher's feedback but keyframe requests."""
        messages = [m for m in self.alice.rtcp if isinstance(m, RtcpRtpfbPacket | RtcpPsfbPacket)]
        return [
            bytes(message)
            for message in messages
            if (message.fmt not in (1, 4) or isinstance(message, RtcpRtpfbPacket))
        ]

    def keyframe_requests(self):
        return sum(message.fmt in (1, 4) for message in self.alice.received(RtcpPsfbPacket))


@cache
def honest(has_feedback):
    return Call(has_feedback=has_feedback)


@cache
def lying(name, has_feedback):
    return Call(has_feedback=has_feedback, lie=LIES[name])


@pytest.mark.parametrize("has_feedback", [True, False], ids=["transport-wide", "REMB"])
@pytest.mark.parametrize("name", LIES)
def test_a_lie_harms_nobody_else(name, has_feedback):
    call, truth = lying(name, has_feedback), honest(has_feedback)
    for other in call.others:
        assert numbers(other, VIDEO_SSRC) == numbers(truth.others[0], VIDEO_SSRC)
        assert numbers(other, AUDIO_SSRC) == numbers(truth.others[0], AUDIO_SSRC)
    assert call.told_publisher() == truth.told_publisher()
    more = call.keyframe_requests() - truth.keyframe_requests()
    assert more <= REQUESTS_MAX if name in FLOODS_OF_REQUESTS else more == 0


@pytest.mark.parametrize("has_feedback", [True, False], ids=["transport-wide", "REMB"])
@pytest.mark.parametrize("name", LIES)
def test_the_liars_own_stream_is_bounded_and_its_audio_whole(name, has_feedback):
    call = lying(name, has_feedback)
    assert numbers(call.liar, AUDIO_SSRC) == numbers(call.others[0], AUDIO_SSRC)
    sent_bps = call.rig.core.describe_transport(call.liar.handle)["sent_bytes"] * 8000 / DURATION_MS
    assert sent_bps < 2 * MEDIA_BPS + REPAIR_MAX_BPS * ("NACK" in name)
    estimate_bps = call.rig.core.describe_client(call.liar.handle)["estimate_bps"]
    assert estimate_bps == 0 or 50_000 <= estimate_bps <= 100_000_000


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("feedback from the future", lambda call: call.rig.core.counters()["dropped_rtcp_untrue_packets"]),
        ("a flood of NACKs", lambda call: described(call)["retransmits_refused_packets"]),
        ("NACKs of what is to come", lambda call: described(call)["retransmits_refused_packets"]),
        ("a flood of PLIs", lambda call: described(call)["keyframe_requests_refused"]),
        ("a flood of FIRs", lambda call: described(call)["keyframe_requests_refused"]),
    ],
)
def test_what_is_refused_is_counted(name, count):
    assert count(lying(name, True)) > DURATION_MS // 20
    assert count(honest(True)) == 0


def described(call):
    return call.rig.core.describe_down_track(call.down)


def numbers(subscriber, ssrc):
    return [packet.sequence_number for packet in subscriber.rtp if packet.ssrc == ssrc]
