"""What a client asks of a Session: to join it and to publish in it. Cold."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovrouter.session.stream import Stream

__all__ = ["JoinRequest", "PublishRequest", "PublishResult"]


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """A client that holds a token, or the server's secret, wants to come in."""

    token: str = field(repr=False)
    """The token URL, or its ``token`` parameter alone."""
    secret: str = field(default="", repr=False)
    """The server's secret in place of a token; any other text is as good as none."""
    client_data: str = ""
    platform: str = "unknown"
    ip: str = ""
    recorder: bool = False
    """With the secret: the browser that composes a recording."""
    stt: bool = False
    """With the secret: the speech-to-text engine."""


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """A client's offer and what it says of its media; None where it said nothing."""

    sdp_offer: str
    has_audio: bool
    has_video: bool
    audio_active: bool | None
    video_active: bool | None
    type_of_video: str | None
    """CAMERA, SCREEN or CUSTOM."""
    frame_rate: float | None
    """Frames per second; -1: the client does not know."""
    video_dimensions: str | None
    """JSON text ``{"width": …, "height": …}``."""
    loopback: bool = False
    """Send the media back on the same PeerConnection."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """The answer to a publisher's offer, and the stream it now publishes."""

    sdp_answer: str
    stream: Stream
