"""Encoders and container of one composition: H.264 and AAC in MP4 or FLV, Opus alone in WebM. Warm."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av import AudioFrame, AudioStream, Packet, VideoFrame, VideoStream
from av.error import FFmpegError

from ovrouter.compose.timeline import SAMPLE_RATE_HZ, Samples

__all__ = ["ContainerWriter"]

KEYFRAME_INTERVAL_S = 2
_AUDIO_BPS = {"aac": 128_000, "libopus": 64_000}
_X264 = {"preset": "ultrafast", "tune": "zerolatency", "crf": "26"}
"""Ultrafast, as in OpenVidu's recorder: encoding is the largest cost of a grid. Zero latency: every picture is in the
file when the encoder has returned, and none waits in memory."""
_CONTAINERS = {
    # Fragments make the file playable however it ends; an orderly end turns it into a plain MP4 that seeks anywhere.
    "mp4": {"movflags": "hybrid_fragmented", "frag_duration": "1000000", "flush_packets": "1"},
    "webm": {"cluster_time_limit": "1000", "flush_packets": "1"},
    # FFmpeg before 9 checks no certificate. From 9 on it wants to, but knows authorities where Red Hat keeps them only.
    "flv": {"flvflags": "no_duration_filesize", "flush_packets": "1", "tls_verify": "0"},
}
_BT601, _LIMITED_RANGE = 6, 1
"""What WebRTC cameras send; players would take untagged 720p for BT.709."""


class ContainerWriter:
    """Writes pictures and sound to a file or URL.

    Its time begins with what is written first; what comes later and is of before is left out. Raises FFmpegError from
    every method but :meth:`abandon` when the file or server takes no more.
    """

    def __init__(
        self, url: str, container: str, *, size: tuple[int, int] | None, frame_rate: int, has_audio: bool
    ) -> None:
        self._container = av.open(url, "w", format=container, container_options=_CONTAINERS[container])
        self._picture_s = Fraction(1, frame_rate)
        self._video = self._add_video(size, frame_rate) if size else None
        self._audio = self._add_audio("libopus" if container == "webm" else "aac") if has_audio else None
        self._begin_s: Fraction | None = None
        self._container.start_encoding()

    def write_picture(self, frame: VideoFrame, index: int) -> None:
        """Write the picture of time *index* / frame rate; without video nothing happens."""
        if self._video is None:
            return
        time = self._time(index, self._picture_s)
        if time >= 0:
            frame.pts, frame.time_base, frame.duration = time, self._picture_s, 1
            self._mux(self._video.encode(frame))

    def write_sound(self, samples: Samples, position: int) -> None:
        """Write *samples*, the first of which is sample number *position*; without audio nothing happens."""
        if self._audio is None:
            return
        time = self._time(position, Fraction(1, SAMPLE_RATE_HZ))
        samples, time = samples[max(0, -time) :], max(0, time)
        if len(samples):
            frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), "flt", "stereo")
            frame.sample_rate = SAMPLE_RATE_HZ
            frame.pts, frame.time_base = time, Fraction(1, SAMPLE_RATE_HZ)
            self._mux(self._audio.encode(frame))

    def close(self) -> None:
        """Write what the encoders hold, and the container's end."""
        try:
            for stream in (self._video, self._audio):
                if stream is not None:
                    self._mux(stream.encode(None))
        finally:
            self._container.close()

    def abandon(self) -> None:
        """Give up after an error."""
        with contextlib.suppress(FFmpegError):
            self._container.close()

    def _time(self, count: int, unit: Fraction) -> int:
        """Turn a time of the composition into one of the container."""
        if self._begin_s is None:
            self._begin_s = count * unit
        return count - round(self._begin_s / unit)

    def _add_video(self, size: tuple[int, int], frame_rate: int) -> VideoStream:
        stream = self._container.add_stream("libx264", rate=frame_rate, options=dict(_X264))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = self._picture_s
        # A fraction of a core is enough; slices in several threads cost a tenth more for waiting for each other.
        context.thread_count = 1
        context.gop_size = KEYFRAME_INTERVAL_S * frame_rate
        context.colorspace = context.color_primaries = context.color_trc = _BT601
        context.color_range = _LIMITED_RANGE
        return stream

    def _add_audio(self, codec: str) -> AudioStream:
        stream = cast("AudioStream", self._container.add_stream(codec, rate=SAMPLE_RATE_HZ, layout="stereo"))
        stream.bit_rate = _AUDIO_BPS[codec]
        if codec == "aac":
            # Half the work of FFmpeg's default search, for speech at a bit rate that is ample for it.
            stream.codec_context.options = {"aac_coder": "fast"}
        return stream

    def _mux(self, packets: Iterable[Packet[Any]]) -> None:
        self._container.mux(list(packets))
