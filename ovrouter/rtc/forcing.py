"""The video codec a Session forces on everybody (cold)."""

from __future__ import annotations

from dataclasses import dataclass

from ovrouter.errors import ForcedCodecMissing
from ovrouter.medianode import VideoCodec
from ovrouter.rtc import codecs
from ovrouter.rtc.plan import PayloadType

__all__ = ["ForcedCodec"]


@dataclass(frozen=True, slots=True)
class ForcedCodec:
    """A forced codec (or none) and what to do where it is missing."""

    codec: VideoCodec | None
    allow_others: bool
    side: str
    """``publisher`` or ``subscriber``, for the error's message."""
    sdp: str
    """What lacks the codec, for the error's message."""

    def apply(self, kind: str, payload_types: tuple[PayloadType, ...]) -> tuple[PayloadType, ...]:
        """Keep the forced codec's formats of a video section; audio stays as it is.

        Raises ForcedCodecMissing if there are none and others are not allowed.
        """
        if self.codec is None or kind != "video":
            return payload_types
        forced = codecs.only(self.codec, payload_types)
        if not forced and not self.allow_others:
            raise ForcedCodecMissing(
                f"The Session forces the video codec {self.codec.value}, which the SDP of the {self.side} lacks. Use a "
                f"client that has the codec, force another one, or set allowTranscoding. The SDP is: {self.sdp}"
            )
        return forced or payload_types
