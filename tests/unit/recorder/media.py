"""Frames of real encoders, and the RTP they are sent in."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import av
import numpy as np

from ovrouter.depacketize import MediaFrame

ENCODERS = {
    "VP8": ("libvpx", {"deadline": "realtime", "lag-in-frames": "0"}),
    "VP9": ("libvpx-vp9", {"deadline": "realtime", "lag-in-frames": "0", "cpu-used": "8"}),
    "H264": ("libx264", {"tune": "zerolatency", "preset": "ultrafast"}),
    "AV1": ("libsvtav1", {"preset": "12"}),
}
FRAME_US = 40_000
SOUND_US = 20_000


@cache
def pictures(codec: str = "VP8", count: int = 50, width: int = 320, height: int = 240) -> tuple[MediaFrame, ...]:
    """*count* frames, 25 a second, of a bar that moves; the first is the only keyframe."""
    name, options = ENCODERS[codec]
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.bit_rate, context.gop_size = Fraction(1, 25), 300_000, 10_000
    context.options = options
    packets = []
    for number in range(count):
        image = np.full((height, width, 3), 40, dtype=np.uint8)
        image[:, (number * 7) % (width - 20) :][:, :20] = 220
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    return tuple(
        MediaFrame(codec, without_delimiter(codec, bytes(packet)), packet.pts * FRAME_US, packet.is_keyframe)
        for packet in packets
    )


def without_delimiter(codec: str, data: bytes) -> bytes:
    """As RTP carries it."""
    return data[2:] if codec == "AV1" and data[:2] == b"\x12\x00" else data


@cache
def sound(count: int = 100) -> tuple[MediaFrame, ...]:
    """*count* packets of 20 ms with a tone of 440 Hz."""
    context = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.layout, context.format = 48000, "stereo", "flt"
    packets = []
    for number in range(count):
        time = (np.arange(960) + 960 * number) / 48000
        tone = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None, :], format="flt", layout="stereo")
        frame.sample_rate, frame.pts = 48000, 960 * number
        packets += context.encode(frame)
    return tuple(MediaFrame("opus", bytes(packet), number * SOUND_US, True) for number, packet in enumerate(packets))


def later(frames: tuple[MediaFrame, ...], by_us: int) -> list[MediaFrame]:
    """The same frames at another time."""
    return [MediaFrame(frame.codec, frame.data, frame.pts_us + by_us, frame.is_keyframe) for frame in frames]


def decoded(path) -> dict[str, list[float]]:
    """Times in seconds of every decoded frame, by kind. Raises for whatever FFmpeg finds wrong."""
    with av.open(str(path)) as container:
        found = {stream.type: [] for stream in container.streams}
        for packet in container.demux():
            found[packet.stream.type] += [float(frame.pts * frame.time_base) for frame in packet.decode()]
    return found
