"""Fuzz target: whatever comes over a tap, frames come out in order or nothing does, and no exception.

The input is a list of messages, each behind its length in two bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ovrouter.depacketize import TapReader

MS = 1000
CODECS = ("opus", "VP8", "VP9", "H264", "AV1")
FORMATS = [{"payload_type": 96 + index, "codec": codec, "clock_rate": 90000} for index, codec in enumerate(CODECS)]
TRACKS = [{"kind": "any", "ssrc": ssrc, "formats": FORMATS} for ssrc in range(3)]
DESCRIPTION = json.dumps({"tap_id": "t", "tracks": TRACKS}).encode()


def fuzz(data: bytes) -> None:
    """Give the messages in *data* to a reader, 10 ms apart."""
    reader = TapReader()
    reader.receive(DESCRIPTION, 0)
    now_us = 0
    for message in messages(data):
        now_us += 10 * MS
        reader.receive(message, now_us)
        check(reader, now_us)
    check(reader, now_us + 10_000 * MS)


def messages(data: bytes) -> Iterator[bytes]:
    """Those in *data*; the last may be short."""
    while len(data) > 2:
        length = int.from_bytes(data[:2])
        yield data[2 : 2 + length]
        data = data[2 + length :]


def check(reader: TapReader, now_us: int) -> None:
    """Every frame is something that a decoder can be given."""
    for frame in reader.frames(now_us):
        assert frame.codec in CODECS
        assert frame.data
    reader.take_keyframe_wish()
