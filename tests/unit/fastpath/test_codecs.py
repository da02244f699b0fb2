"""Where keyframes begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import CODECS, probe_keyframe

STAP_WITH_SPS = b"\x78\x00\x02\x67\x42\x00\x02\x68\xce"
STAP_WITHOUT_SPS = b"\x78\x00\x02\x68\xce\x00\x02\x65\x88"


@pytest.mark.parametrize(
    ("codec", "payload", "expected"),
    [
        ("VP8", b"\x10\x00", True),
        ("VP8", b"\x10\x01", False),
        ("VP8", b"\x00\x00", False),  # not the start of a partition
        ("VP8", b"\x11\x00", False),  # another partition
        ("VP8", b"\x90\x80\x05\x00", True),  # 7-bit picture id
        ("VP8", b"\x90\x80\x80\x05\x00", True),  # 15-bit picture id
        ("VP8", b"\x90\xf0\x80\x05\x01\x20\x00", True),  # and TL0PICIDX, TID
        ("VP8", b"\x90\xf0\x80\x05\x01\x20\x01", False),
        ("VP8", b"\x90\x80\x80\x05", False),  # ends before the frame
        ("VP9", b"\x08", True),
        ("VP9", b"\x48", False),  # inter-predicted
        ("VP9", b"\x00", False),  # not the beginning of a frame
        ("VP9", b"\xa8\x05\x00", True),
        ("VP9", b"\xa8\x05\x02", False),  # spatial layer 1
        ("VP9", b"\xa8\x85", False),
        ("H264", b"\x67\x42", True),
        ("H264", b"\x65\x88", False),  # a picture without its parameter set
        ("H264", b"\x41\x9a", False),
        ("H264", STAP_WITH_SPS, True),
        ("H264", STAP_WITHOUT_SPS, False),
        ("H264", b"\x78\xff\xff\x67", False),  # lies about its length
        ("H264", b"\x7c\x87", True),
        ("H264", b"\x7c\x07", False),
        ("H264", b"\x7c", False),
        ("AV1", b"\x08", True),
        ("AV1", b"\x10", False),
        ("opus", b"\xff", True),
    ],
)
def test_start_of_a_keyframe(codec, payload, expected):
    assert probe_keyframe(codec, payload) is expected


@given(st.sampled_from(sorted(CODECS)), st.binary(max_size=40))
def test_no_payload_is_read_beyond_its_end(codec, payload):
    assert probe_keyframe(codec, payload) in (True, False)


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_nothing_begins_nothing(codec):
    assert not probe_keyframe(codec, b"")
