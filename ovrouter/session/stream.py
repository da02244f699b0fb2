"""A published stream, and one Connection's subscription to it. Cold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Stream", "Subscription", "downlink_id", "publisher_id_in"]


@dataclass(slots=True, eq=False)
class Stream:
    """What one Connection publishes; its id is also the id of the uplink."""

    id: str
    connection_id: str
    created_at_ms: int
    """Of the latest negotiation: a reconnection renews it."""
    published_at_ms: int
    """When the stream was published first."""
    has_audio: bool
    has_video: bool
    audio_active: bool | None
    video_active: bool | None
    type_of_video: str | None
    frame_rate: float | None
    video_dimensions: str | None
    loopback: bool = False
    filter: dict[str, Any] = field(default_factory=dict)
    network_quality: int = 0
    """As last rated, 0 to 5; 0 before that."""


@dataclass(slots=True, eq=False)
class Subscription:
    """One Connection receives one stream, or is negotiating to.

    An offer of the server is answered before it makes another by itself: nobody could tell which of two offers an
    answer is for. ``must_renegotiate`` remembers that the media node asked meanwhile.
    """

    link_id: str
    stream: Stream
    created_at_ms: int
    is_established: bool = False
    is_negotiating: bool = False
    negotiations: int = 0
    """How often it was offered; tells whether an offer is the latest one."""
    must_renegotiate: bool = False

    @property
    def publisher_connection_id(self) -> str:
        """The Connection that publishes the stream."""
        return self.stream.connection_id


def publisher_id_in(stream_id: str) -> str:
    """The Connection id that a stream id ends with; if there is none, no Connection's id."""
    return "con_" + stream_id.rpartition("con_")[2]


def downlink_id(subscriber_id: str, stream_id: str) -> str:
    """The id of the link that carries a stream to a subscriber."""
    return f"{subscriber_id}_{stream_id}"
