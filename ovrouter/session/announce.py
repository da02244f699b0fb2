"""Builds and emits the events of one Session: what is said; the rules decide when and to whom. Cold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ovrouter import events
from ovrouter.events import Emit, EndReason
from ovrouter.session.connection import Connection
from ovrouter.session.connection_view import stream_json
from ovrouter.session.stream import Stream, Subscription

__all__ = ["Announcer"]

Audience = tuple[str, ...]
"""Ids of the Connections to be notified."""


class Announcer:
    """Speaks for one Session."""

    def __init__(self, session_id: str, created_at_ms: int, emit: Emit, now_ms: Callable[[], int]) -> None:
        self._session_id = session_id
        self._created_at_ms = created_at_ms
        self._emit = emit
        self._now_ms = now_ms

    def created(self) -> None:
        """The Session exists."""
        self._emit(
            events.SessionCreated(
                session_id=self._session_id,
                session_created_at_ms=self._created_at_ms,
                timestamp_ms=self._created_at_ms,
            )
        )

    def destroyed(self, reason: EndReason) -> None:
        """The Session is gone."""
        self._emit(events.SessionDestroyed(**self._base(), reason=reason))

    def joined(self, connection: Connection, audience: Audience) -> None:
        """A client took the Connection."""
        self._emit(
            events.ParticipantJoined(
                **(self._base(audience) | {"timestamp_ms": connection.active_at_ms}),
                **_participant(connection),
                metadata=connection.metadata,
            )
        )

    def network_quality(self, connection_id: str, new_level: int, old_level: int, audience: Audience) -> None:
        """A publisher's network got better or worse."""
        self._emit(
            events.NetworkQualityChanged(
                **self._base(audience), connection_id=connection_id, new_level=new_level, old_level=old_level
            )
        )

    def speaker(self, connection_id: str | None) -> None:
        """Somebody else speaks; clients find out for themselves."""
        self._emit(events.ActiveSpeakerChanged(**self._base(), connection_id=connection_id))

    def left(self, connection: Connection, reason: EndReason, audience: Audience) -> None:
        """The Connection ended."""
        self._emit(
            events.ParticipantLeft(
                **self._base(audience),
                **_participant(connection),
                start_time_ms=connection.active_at_ms or connection.created_at_ms,
                reason=reason,
            )
        )

    def evicted(self, connection: Connection, reason: EndReason, audience: Audience) -> None:
        """The Connection was made to end."""
        self._emit(events.ParticipantEvicted(**self._base(audience), connection_id=connection.id, reason=reason))

    def published(self, stream: Stream, audience: Audience) -> None:
        """A stream can be subscribed to."""
        self._emit(
            events.StreamPublished(
                **self._base(audience), connection_id=stream.connection_id, stream=stream_json(stream)
            )
        )

    def unpublished(self, stream: Stream, reason: EndReason, audience: Audience) -> None:
        """A stream ended."""
        self._emit(
            events.StreamUnpublished(
                **self._base(audience),
                connection_id=stream.connection_id,
                stream=stream_json(stream),
                start_time_ms=stream.published_at_ms,
                reason=reason,
            )
        )

    def subscription_started(self, subscriber: Connection, subscription: Subscription) -> None:
        """A Connection receives a stream."""
        self._emit(events.SubscriptionStarted(**self._base(), **_subscription(subscriber, subscription)))

    def subscription_ended(self, subscriber: Connection, subscription: Subscription, reason: EndReason) -> None:
        """A Connection receives a stream no more."""
        self._emit(
            events.SubscriptionEnded(
                **self._base(),
                **_subscription(subscriber, subscription),
                start_time_ms=subscription.created_at_ms,
                reason=reason,
            )
        )

    def must_reconnect(self, subscriber: Connection, subscription: Subscription, sdp_offer: str) -> None:
        """The server offers a subscriber a new SDP."""
        self._emit(
            events.SubscriberMustReconnect(
                **self._base((subscriber.id,)),
                connection_id=subscription.publisher_connection_id,
                stream_id=subscription.stream.id,
                sdp_offer=sdp_offer,
            )
        )

    def stream_changed(self, stream: Stream, name: str, new_value: Any, reason: str, audience: Audience) -> None:
        """A publisher changed a property of its stream."""
        self._emit(
            events.StreamPropertyChanged(
                **self._base(audience),
                connection_id=stream.connection_id,
                stream_id=stream.id,
                property=name,
                new_value=new_value,
                reason=reason,
            )
        )

    def connection_changed(self, connection: Connection, name: str, new_value: str | bool) -> None:
        """REST changed a property of the Connection."""
        self._emit(
            events.ConnectionPropertyChanged(
                **self._base((connection.id,)), connection_id=connection.id, property=name, new_value=new_value
            )
        )

    def signal(self, sender: str | None, type_: str | None, data: str | None, audience: Audience) -> None:
        """Somebody sent a signal."""
        self._emit(events.SignalSent(**self._base(audience), from_connection=sender, type=type_, data=data))

    def recording_changed(
        self, recording: dict[str, Any], reason: EndReason | None, audience: Audience, timestamp_ms: int | None = None
    ) -> None:
        """A recording got another status, now or at *timestamp_ms*."""
        base = self._base(audience)
        if timestamp_ms is not None:
            base["timestamp_ms"] = timestamp_ms
        self._emit(events.RecordingStatusChanged(**base, recording=recording, reason=reason))

    def _base(self, audience: Audience = ()) -> dict[str, Any]:
        return {
            "session_id": self._session_id,
            "session_created_at_ms": self._created_at_ms,
            "timestamp_ms": self._now_ms(),
            "audience": audience,
        }


def _participant(connection: Connection) -> dict[str, Any]:
    return {
        "connection_id": connection.id,
        "ip": connection.ip,
        "platform": connection.platform,
        "client_data": connection.client_data,
        "server_data": connection.server_data,
        "location": connection.location,
    }


def _subscription(subscriber: Connection, subscription: Subscription) -> dict[str, Any]:
    return {
        "connection_id": subscriber.id,
        "receiving_from": subscription.publisher_connection_id,
        "stream": stream_json(subscription.stream),
    }
