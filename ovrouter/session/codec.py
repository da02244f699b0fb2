"""Which video codec a Session forces on its peers. Cold."""

from __future__ import annotations

from ovrouter.medianode import VideoCodec

__all__ = ["resolve_forced_codec"]


def resolve_forced_codec(forced_video_codec: str, media_server: str) -> VideoCodec | None:
    """The codec that *forced_video_codec* stands for; None: peers agree on their own.

    MEDIA_SERVER_PREFERRED means VP8 to clients in kurento mode, nothing to those in mediasoup mode.
    """
    if forced_video_codec == "MEDIA_SERVER_PREFERRED":
        return VideoCodec.VP8 if media_server == "kurento" else None
    return None if forced_video_codec == "NONE" else VideoCodec(forced_video_codec)
