"""Every domain event (contract: standard library only).

The session plane emits them, synchronously and in order, at the moment the state has changed. Signaling turns them into
client notifications; reporting turns them into CDR lines and webhooks. ``audience`` holds the ids of the Connections to
be notified, decided by the session rules: consumers never work out for themselves who is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = [
    "ActiveSpeakerChanged",
    "BroadcastStarted",
    "BroadcastStopped",
    "ConnectionPropertyChanged",
    "Emit",
    "EndReason",
    "Event",
    "MediaNodeStatusChanged",
    "NetworkQualityChanged",
    "ParticipantEvicted",
    "ParticipantJoined",
    "ParticipantLeft",
    "RecordingStatusChanged",
    "SessionCreated",
    "SessionDestroyed",
    "SessionEvent",
    "SignalSent",
    "StreamPropertyChanged",
    "StreamPublished",
    "StreamUnpublished",
    "SubscriberMustReconnect",
    "SubscriptionEnded",
    "SubscriptionStarted",
]


class EndReason(Enum):
    """Why something ended; the values go to clients and event logs verbatim."""

    UNSUBSCRIBE = "unsubscribe"
    UNPUBLISH = "unpublish"
    DISCONNECT = "disconnect"
    FORCE_UNPUBLISH_BY_USER = "forceUnpublishByUser"
    FORCE_UNPUBLISH_BY_SERVER = "forceUnpublishByServer"
    FORCE_DISCONNECT_BY_USER = "forceDisconnectByUser"
    FORCE_DISCONNECT_BY_SERVER = "forceDisconnectByServer"
    LAST_PARTICIPANT_LEFT = "lastParticipantLeft"
    SESSION_CLOSED_BY_SERVER = "sessionClosedByServer"
    NETWORK_DISCONNECT = "networkDisconnect"
    RECORDING_STOPPED_BY_SERVER = "recordingStoppedByServer"
    BROADCAST_STOPPED_BY_SERVER = "broadcastStoppedByServer"
    MEDIA_SERVER_DISCONNECT = "mediaServerDisconnect"
    AUTOMATIC_STOP = "automaticStop"
    OPENVIDU_SERVER_STOPPED = "openviduServerStopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says. Times are UTC milliseconds."""

    timestamp_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent(Event):
    """What every event of a Session says."""

    session_id: str
    session_created_at_ms: int
    """With the id it tells two Sessions of the same customSessionId apart."""
    audience: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreated(SessionEvent):
    """A Session was created over REST."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDestroyed(SessionEvent):
    """A Session is gone (not told for those that the garbage collector removes)."""

    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined(SessionEvent):
    """A Connection became active; ``timestamp_ms`` is its activeAt."""

    connection_id: str
    metadata: str
    """``clientData%/%serverData`` as clients see it."""
    ip: str
    platform: str
    client_data: str
    server_data: str
    location: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft(SessionEvent):
    """A Connection ended."""

    connection_id: str
    start_time_ms: int
    ip: str
    platform: str
    client_data: str
    server_data: str
    reason: EndReason
    location: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantEvicted(SessionEvent):
    """Told, after ParticipantLeft, to everyone who was present before a forced departure, the evicted one included."""

    connection_id: str
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPublished(SessionEvent):
    """A stream can be subscribed to. ``stream`` is its JSON as clients see it (signaling.md 6.5)."""

    connection_id: str
    stream: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamUnpublished(SessionEvent):
    """A published stream ended; nobody is notified (empty audience) when its Connection left with it."""

    connection_id: str
    stream: dict[str, Any]
    start_time_ms: int
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionStarted(SessionEvent):
    """A Connection receives a stream."""

    connection_id: str
    receiving_from: str
    stream: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionEnded(SessionEvent):
    """A Connection receives a stream no more."""

    connection_id: str
    receiving_from: str
    stream: dict[str, Any]
    start_time_ms: int
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPropertyChanged(SessionEvent):
    """A publisher muted, rotated or replaced something. ``new_value`` is the JSON value the client sent."""

    connection_id: str
    stream_id: str
    property: str
    new_value: Any
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPropertyChanged(SessionEvent):
    """REST changed ``role`` (str) or ``record`` (bool) of a Connection."""

    connection_id: str
    property: str
    new_value: str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkQualityChanged(SessionEvent):
    """The network of a publisher was rated anew, from 0 (nothing comes through) to 5 (excellent)."""

    connection_id: str
    new_level: int
    old_level: int
    """0 before the first rating."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSpeakerChanged(SessionEvent):
    """Somebody else speaks. For embedding programs only: clients are not told, and nothing is reported."""

    connection_id: str | None
    """None if nobody has spoken for a while, or who spoke last is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSent(SessionEvent):
    """A signal; ``audience`` lists every recipient. ``from_connection`` is None when REST sent it."""

    from_connection: str | None
    type: str | None
    """As the sender gave it."""
    data: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStatusChanged(SessionEvent):
    """A recording started, stopped, got ready or failed; ``timestamp_ms`` of a start is the recording's createdAt."""

    recording: dict[str, Any]
    """Its JSON as REST shows it, with the status that is told; size and duration are 0 before ``ready``."""
    reason: EndReason | None
    """Why it stopped; None for ``started``, and for ``failed`` if it never started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastStarted(SessionEvent):
    """A Session is being sent to a live server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastStopped(SessionEvent):
    """A Session is sent to a live server no more."""

    start_time_ms: int
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberMustReconnect(SessionEvent):
    """The server offers one subscriber a new SDP for a stream it receives."""

    connection_id: str
    """Of the stream's publisher."""
    stream_id: str
    sdp_offer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaNodeStatusChanged(Event):
    """A media node went on to another status; the values are those of the ``status`` that REST shows."""

    cluster_id: str
    node_id: str
    environment_id: str
    ip: str
    uri: str
    new_status: str
    old_status: str | None
    """None when the node is new."""


Emit = Callable[[Event], None]
