"""A whole tap: description, packets of two tracks, reports."""

import json

import pytest
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket, RtpPacket

from ovrouter.depacketize import TapReader

NOW_US = 1000_000_000
NTP = 2_208_988_800 << 32
AUDIO = {"payload_type": 111, "codec": "opus", "clock_rate": 48000, "channels": 2, "fmtp": ""}
VP8 = {"payload_type": 96, "codec": "VP8", "clock_rate": 90000, "channels": 1, "fmtp": ""}
VP9 = {"payload_type": 96, "codec": "VP9", "clock_rate": 90000, "channels": 1, "fmtp": ""}


def description(video=VP8):
    tracks = [
        {"kind": "audio", "ssrc": 1, "formats": [AUDIO]},
        {"kind": "video", "ssrc": 2, "formats": [video]},
    ]
    return json.dumps({"tap_id": "t", "tracks": tracks}).encode()


def rtp(ssrc, pt, sequence, timestamp, payload):
    made = RtpPacket(payload_type=pt, marker=1, sequence_number=sequence, timestamp=timestamp, ssrc=ssrc)
    made.payload = payload
    return made.serialize()


def report(ssrc, timestamp):
    return bytes(RtcpSrPacket(ssrc, RtcpSenderInfo(NTP, timestamp, 1, 1)))


@pytest.fixture
def reader():
    reader = TapReader()
    reader.receive(description(), NOW_US)
    return reader


def feed(reader, *messages):
    for message in messages:
        reader.receive(message, NOW_US)
    return [(frame.codec, frame.data, frame.pts_us - NOW_US) for frame in reader.frames(NOW_US)]


def test_both_tracks_come_out_in_step(reader):
    out = feed(
        reader,
        report(1, 777), report(2, 555_000),
        rtp(1, 111, 9, 777 + 48000, b"sound"), rtp(2, 96, 70, 555_000 + 90000, b"\x10\x02picture"),
    )  # fmt: skip
    assert out == [("opus", b"sound", 1_000_000), ("VP8", b"\x02picture", 1_000_000)]


def test_nothing_can_be_read_before_the_description():
    reader = TapReader()
    assert feed(reader, rtp(1, 111, 9, 0, b"sound"), report(1, 0)) == []
    assert reader.tap_id is None
    assert reader.malformed_messages == 1
    reader.receive(description(), NOW_US)
    assert reader.tap_id == "t"


def test_a_new_description_changes_the_meaning_of_payload_types(reader):
    assert feed(reader, report(2, 0), rtp(2, 96, 1, 0, b"\x10\x02old")) == [("VP8", b"\x02old", 0)]
    reader.receive(description(VP9), NOW_US)
    assert feed(reader, rtp(2, 96, 2, 0, b"\x0cnew")) == [("VP9", b"new", 0)]


def test_a_wish_for_a_keyframe_is_told_once(reader):
    assert not reader.take_keyframe_wish()
    feed(reader, report(2, 0), rtp(2, 96, 1, 0, b"\x00no beginning"))
    assert reader.take_keyframe_wish()
    assert not reader.take_keyframe_wish()


@pytest.mark.parametrize(
    "message",
    [
        b"", b"x", b"{", b"{}", b'{"tap_id": 1, "tracks": [{}]}', b'{"tap_id": 1, "tracks": 5}',
        b'{"tap_id": 1, "tracks": [{"ssrc": 1, "formats": []}]}',
        b'{"tap_id": 1, "tracks": [{"ssrc": 1, "formats": [1]}]}',
        bytes(12), b"\x80" * 11,
    ],
)  # fmt: skip
def test_what_is_malformed_is_counted(message):
    reader = TapReader()
    reader.receive(message, NOW_US)
    assert reader.malformed_messages == 1
