"""What a track is made of. Cold."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MediaFrame"]


@dataclass(frozen=True, slots=True)
class MediaFrame:
    """One encoded picture, or one packet of sound, as a decoder takes it."""

    codec: str
    """``opus``, ``VP8``, ``VP9``, ``H264`` or ``AV1``. Only opus is sound."""
    data: bytes
    """H264 in Annex B form (start codes), AV1 as OBUs with sizes and without temporal delimiters."""
    pts_us: int
    """When it was captured, in microseconds of the clock that the reader was given (see :mod:`timeline`)."""
    is_keyframe: bool
    """Whether decoding can begin here; true for all sound."""
