"""Frames into a Matroska or WebM file that can be played up to its last second, whatever ends the writing (warm).

FFmpeg does it (PyAV). It writes a cluster at a time, so what is lost with a process is the cluster at hand.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.container
import av.stream

from ovrouter.depacketize import MediaFrame

__all__ = ["OPTIONS", "MatroskaFile", "format_for", "suffix_for"]

CLUSTER_MS: Final = 900
"""Media time that is written at once."""
INTERLEAVE_US: Final = 200_000
"""How far one track may run ahead of a silent one, before what there is gets written."""
OPTIONS: Final = {
    "cluster_time_limit": str(CLUSTER_MS),
    "max_interleave_delta": str(INTERLEAVE_US),
    "flush_packets": "1",
}
_MICROSECONDS: Final = Fraction(1, 1_000_000)
_OPUS_RATE: Final = 48_000


def suffix_for(codec: str | None) -> str:
    """The extension for pictures of this codec, or for sound alone: H264 is not allowed in WebM."""
    return ".mkv" if codec == "H264" else ".webm"


def format_for(path: Path) -> str:
    """FFmpeg's name of the format."""
    return "matroska" if path.suffix == ".mkv" else "webm"


class MatroskaFile:
    """A file of at most one picture track and one sound track.

    Raises OSError (av.FFmpegError among it) wherever the disk does.
    """

    def __init__(self, path: Path, first_frames: Sequence[MediaFrame]) -> None:
        """Make the file. *first_frames* has the first frame of each track; pictures begin with a keyframe."""
        self._path = path
        self._whole_bytes = 0
        """Of the file, up to the end of the last cluster."""
        self._container = av.open(str(path), "w", format=format_for(path), container_options=dict(OPTIONS))
        self._streams = {frame.codec: self._add_stream(frame) for frame in first_frames}
        self._container.start_encoding()

    def _add_stream(self, frame: MediaFrame) -> av.stream.Stream:
        if frame.codec == "opus":
            return self._container.add_stream("libopus", rate=_OPUS_RATE, layout="stereo")
        return _video_stream_like(self._container, frame)

    def write(self, frame: MediaFrame, offset_us: int) -> None:
        """Add a frame, *offset_us* after the beginning of the file. The codec has to be that of a track."""
        stream = self._streams[frame.codec]
        packet = av.Packet(frame.data)
        packet.stream = stream
        packet.time_base = _MICROSECONDS
        packet.pts = packet.dts = offset_us
        packet.is_keyframe = frame.is_keyframe
        self._container.mux_one(packet)
        self._whole_bytes = os.stat(self._path).st_size  # for each frame: a third of what pathlib takes

    def close(self) -> None:
        """Write the index and the duration; where the disk does not take them, the file ends with a whole cluster."""
        try:
            self._container.close()
        except OSError:
            os.truncate(self._path, self._whole_bytes)
            raise


def _video_stream_like(container: av.container.OutputContainer, keyframe: MediaFrame) -> av.stream.Stream:
    """A track with the parameters that FFmpeg finds in the keyframe (size, parameter sets)."""
    format_name, data = _RAW_FORMATS[keyframe.codec](keyframe.data)
    with av.open(io.BytesIO(data), format=format_name) as source:
        return container.add_stream_from_template(source.streams.video[0], opaque=True)


def _ivf(fourcc: bytes, frame: bytes) -> tuple[str, bytes]:
    """One frame in the simplest container there is; FFmpeg reads the size from the frame."""
    header = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, fourcc, 0, 0, 1000, 1, 1, 0)
    return "ivf", header + struct.pack("<IQ", len(frame), 0) + frame


_RAW_FORMATS: Final[dict[str, Callable[[bytes], tuple[str, bytes]]]] = {
    "VP8": lambda frame: _ivf(b"VP80", frame),
    "VP9": lambda frame: _ivf(b"VP90", frame),
    "AV1": lambda frame: _ivf(b"AV01", frame),
    "H264": lambda frame: ("h264", frame),
}
