"""One track's frames to pictures or sound, with FFmpeg's decoders. Cold."""

from __future__ import annotations

import logging
from typing import cast

import numpy as np
from av import AudioCodecContext, CodecContext, Packet, VideoCodecContext, VideoFrame
from av.error import FFmpegError

from ovrouter.compose.timeline import CHANNELS, SAMPLE_RATE_HZ, Samples

__all__ = ["AUDIO_CODECS", "VIDEO_CODECS", "AudioDecoder", "VideoDecoder"]

_log = logging.getLogger("ovrouter.compose")

VIDEO_CODECS = {"VP8": "vp8", "VP9": "vp9", "H264": "h264", "AV1": "libdav1d"}
"""Names in SDP (see ``depacketize.MediaFrame``) to FFmpeg's decoders."""
AUDIO_CODECS = {"opus": "libopus"}

_SILENCE: Samples = np.empty((0, CHANNELS), np.float32)


class VideoDecoder:
    """Frames of one codec in, the newest picture out."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self._context: VideoCodecContext = CodecContext.create(VIDEO_CODECS[codec], "r")  # type: ignore[assignment]
        # Threads that decode several frames at once would hold pictures back.
        self._context.thread_type = "SLICE"
        self._context.thread_count = 1
        self._awaits_keyframe = True

    @property
    def awaits_keyframe(self) -> bool:
        """Whether pictures can only go on with a keyframe."""
        return self._awaits_keyframe

    def skip(self) -> None:
        """A frame was left out: what follows is of no use before the next keyframe."""
        self._awaits_keyframe = True

    def decode(self, data: bytes, *, is_keyframe: bool) -> VideoFrame | None:
        """Return the picture, or None if there is none yet."""
        if self._awaits_keyframe and not is_keyframe:
            return None
        self._awaits_keyframe = False
        try:
            pictures = self._context.decode(Packet(data))
        except FFmpegError as error:
            _log.debug("%s frame not decoded: %s", self.codec, error)
            self._awaits_keyframe = True
            return None
        return pictures[-1] if pictures else None


class AudioDecoder:
    """Frames of one codec in, stereo samples at SAMPLE_RATE_HZ out."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self._context: AudioCodecContext = CodecContext.create(AUDIO_CODECS[codec], "r")  # type: ignore[assignment]
        self._context.sample_rate = SAMPLE_RATE_HZ
        self._context.layout = "stereo"
        # libopus makes what was asked for of whatever was sent, so nothing is left to convert.
        self._context.options = {"request_sample_fmt": "flt"}

    def decode(self, data: bytes) -> Samples:
        """Return the samples; none for what cannot be decoded."""
        try:
            frames = self._context.decode(Packet(data))
        except FFmpegError as error:
            _log.debug("%s frame not decoded: %s", self.codec, error)
            frames = []
        return cast("Samples", frames[0].to_ndarray()).reshape(-1, CHANNELS) if frames else _SILENCE
