"""Payloads of each codec become the frames they were cut from. Packetizers are aiortc's, or by the book."""

from fractions import Fraction

import av
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import VpxPayloadDescriptor

from ovrouter.depacketize import av1, h264, opus, vp8, vp9

KEY = b"\x10\x02\x00\x9d\x01\x2a" + b"k" * 50
DELTA = b"\x11\x02\x00" + b"d" * 50


def encoded(codec, count=3, **options):
    """Packets of a real encoder."""
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = 320, 240, "yuv420p"
    context.time_base, context.bit_rate = Fraction(1, 30), 300_000
    context.options = options
    packets = []
    for number in range(count):
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes((number * 40,)) * plane.buffer_size)
        frame.pts = number
        packets += context.encode(frame)
    return [bytes(packet) for packet in packets + context.encode(None)]


def decoded(codec, data):
    context = av.CodecContext.create(codec, "r")
    return context.decode(av.Packet(data)) + context.decode(None)


# ------------------------------------------------------------------------------------------------------------- VP8


@pytest.mark.parametrize(
    "descriptor",
    [
        VpxPayloadDescriptor(1, 0),
        VpxPayloadDescriptor(1, 0, picture_id=17),
        VpxPayloadDescriptor(1, 0, picture_id=1700, tl0picidx=3, tid=(1, 0)),
        VpxPayloadDescriptor(1, 0, picture_id=1700, tl0picidx=3, tid=(1, 0), keyidx=5),
        VpxPayloadDescriptor(1, 0, keyidx=5),
    ],
)
def test_vp8_is_joined_behind_any_descriptor(descriptor):
    rest = VpxPayloadDescriptor(0, 0, picture_id=17)
    for frame, is_keyframe in ((KEY, True), (DELTA, False)):
        payloads = [bytes(descriptor) + frame[:20], bytes(rest) + frame[20:40], bytes(rest) + frame[40:]]
        assert vp8.assemble(payloads) == (frame, is_keyframe)
        assert vp8.assemble(payloads[1:]) is None


def test_vp8_partitions_may_begin_within_a_frame():
    assert vp8.assemble([b"\x10" + KEY, b"\x12more"]) == (KEY + b"more", True)


def test_two_vp8_frames_are_not_one():
    assert vp8.assemble([b"\x10" + KEY, b"\x10" + KEY]) is None


@pytest.mark.parametrize("payload", [b"", b"\x10", b"\x90", b"\x90\x80", b"\x90\x80\x80\x01", b"\x90\xf0\x01\x02\x03"])
def test_vp8_without_a_frame_is_none(payload):
    assert vp8.assemble([payload]) is None


# ------------------------------------------------------------------------------------------------------------- VP9


def vp9_packets(frame, flags, tail=b""):
    """Three packets: begin, middle, end."""
    heads = [bytes((flags | 0x08,)) + tail, bytes((flags,)) + tail, bytes((flags | 0x04,)) + tail]
    return [head + part for head, part in zip(heads, (frame[:10], frame[10:20], frame[20:]), strict=True)]


@pytest.mark.parametrize(
    ("flags", "tail"),
    [
        (0x00, b""),
        (0x80, b"\x11"),
        (0x80, b"\x91\x11"),
        (0xA0, b"\x11\x20\x07"),
        (0xB0, b"\x91\x11\x20"),
        (0x02, bytes((0x18,)) + b"\x01\x40\x00\xf0" + b"\x02" + b"\x04\x01" + b"\x28\x01\x02"),
    ],
)
def test_vp9_is_joined_behind_any_descriptor(flags, tail):
    frame = b"picture that has some length"
    assert vp9.assemble(vp9_packets(frame, flags, tail)) == (frame, True)
    assert vp9.assemble(vp9_packets(frame, flags | 0x40, tail)[:2]) is None
    assert vp9.assemble(vp9_packets(frame, flags, tail)[1:]) is None


def test_a_predicted_vp9_picture_is_no_keyframe():
    assert vp9.assemble(vp9_packets(b"x" * 30, 0x40)) == (b"x" * 30, False)
    flexible = vp9_packets(b"x" * 30, 0xD0, b"\x11\x03\x04")
    assert vp9.assemble(flexible) == (b"x" * 30, False)


def test_vp9_layers_become_one_superframe():
    """Only the lower layer is coded alone; the upper one predicts from it."""
    packets = encoded("libvpx-vp9", count=2, deadline="realtime", **{"lag-in-frames": "0"})
    layers = [bytes((0x0C,)) + packets[0], bytes((0x4C,)) + packets[1]]
    data, is_keyframe = vp9.assemble(layers)
    assert is_keyframe
    assert len(data) == len(packets[0]) + len(packets[1]) + 2 + 2 * 4
    assert decoded("vp9", data)


@pytest.mark.parametrize(
    "payload", [b"", b"\x0c", b"\x8c", b"\x8c\x80\x01", b"\x2c\x01", b"\x0e\xf8\x01", b"\xdc\x01\x01\x01\x01"]
)
def test_vp9_without_a_picture_is_none(payload):
    assert vp9.assemble([payload]) is None


# ------------------------------------------------------------------------------------------------------------ H264


def test_h264_is_what_aiortc_cut():
    for index, packet in enumerate(encoded("libx264", tune="zerolatency", preset="ultrafast")):
        units = list(H264Encoder._split_bitstream(packet))
        data, is_keyframe = h264.assemble(H264Encoder._packetize(iter(units)))
        assert data == b"".join(h264.START_CODE + unit for unit in units)
        assert is_keyframe == (index == 0)


def test_large_h264_units_are_joined():
    unit = b"\x65" + bytes(range(256)) * 20
    payloads = H264Encoder._packetize(iter([b"\x67abc", b"\x68d", unit]))
    assert len(payloads) > 4
    data, is_keyframe = h264.assemble(payloads)
    assert data == h264.START_CODE + b"\x67abc" + h264.START_CODE + b"\x68d" + h264.START_CODE + unit
    assert is_keyframe
    for missing in range(1, len(payloads)):
        broken = payloads[:missing] + payloads[missing + 1 :]
        assert missing not in (1, len(payloads) - 1) or h264.assemble(broken) is None


@pytest.mark.parametrize(
    "payloads",
    [
        [],
        [b""],
        [b"\x00"],
        [b"\x1e\x01"],
        [b"\x18\x00\x05ab"],
        [b"\x18\x00\x00"],
        [b"\x1c\x85"],
        [b"\x1c\x05x"],
        [b"\x1c\x85x"],
        [b"\x1c\x85x", b"\x65x"],
        [b"\x1c\x85x", b"\x1c\x85x"],
    ],
)
def test_incomplete_h264_is_none(payloads):
    assert h264.assemble(payloads) is None


# ------------------------------------------------------------------------------------------------------------- AV1

SEQUENCE = b"\x08sequence header"
FRAME = b"\x30" + b"frame" * 10


def test_av1_gets_its_sizes_back():
    payload = bytes((0x28,)) + bytes((len(SEQUENCE),)) + SEQUENCE + FRAME
    sized = b"\x0a" + bytes((len(SEQUENCE) - 1,)) + SEQUENCE[1:], b"\x32" + bytes((len(FRAME) - 1,)) + FRAME[1:]
    assert av1.assemble([payload]) == (b"".join(sized), True)


def test_av1_units_are_joined_across_packets():
    first = bytes((0x40 | 0x10,)) + FRAME[:10]
    middle = bytes((0xC0 | 0x10,)) + FRAME[10:20]
    last = bytes((0x80,)) + bytes((len(FRAME) - 20,)) + FRAME[20:]
    data, is_keyframe = av1.assemble([first, middle, last])
    assert data == b"\x32" + bytes((len(FRAME) - 1,)) + FRAME[1:]
    assert not is_keyframe
    assert av1.assemble([first, last]) is not None
    assert av1.assemble([first, middle]) is None
    assert av1.assemble([middle, last]) is None


def test_av1_delimiters_are_left_out_and_sizes_kept():
    sized = b"\x32\x03abc"
    payload = b"\x20" + b"\x02\x12\x00" + sized
    assert av1.assemble([payload]) == (sized, False)


def test_av1_of_a_real_encoder_can_be_decoded():
    (unit, *_) = encoded("libsvtav1", count=1, preset="12")
    payload = bytes((0x00,)) + b"".join(bytes(av1._to_leb128(len(obu))) + obu for obu in split_obus(unit))
    data, is_keyframe = av1.assemble([payload])
    assert is_keyframe
    assert decoded("libdav1d", data)


def split_obus(unit):
    offset = 0
    while offset < len(unit):
        size, start = av1._leb128(unit, offset + 1)
        yield bytes((unit[offset] & ~2,)) + unit[start : start + size]
        offset = start + size


@pytest.mark.parametrize(
    "payload", [b"", b"\x00", b"\x10", b"\x00\x05ab", b"\x00\x00", b"\x20\x01a", b"\x00\xff\xff", b"\x12\x04"]
)
def test_av1_without_a_unit_is_none(payload):
    assert av1.assemble([payload]) is None


# ------------------------------------------------------------------------------------------------------------ Opus


def test_an_opus_payload_is_a_packet():
    assert opus.assemble([b"\xfcdata"]) == (b"\xfcdata", True)
    assert opus.assemble([b""]) is None
    assert opus.assemble([b"a", b"b"]) is None
