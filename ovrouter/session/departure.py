"""Connections leaving and Sessions ending. Cold.

Every function that changes state is synchronous: what ends and what is told of it happen in one step, so each end
happens once however many callers race for it. Order of events: events.md section 3.
"""

from __future__ import annotations

from ovrouter.errors import ConnectionNotFound, RoleForbids
from ovrouter.events import EndReason
from ovrouter.session.connection import Connection
from ovrouter.session.room import Room
from ovrouter.session.stream import Subscription

__all__ = [
    "close",
    "depart",
    "discard",
    "end_stream",
    "end_subscription",
    "evict",
    "force_disconnect",
]

_REASONS_OF_ONE_PARTICIPANT = frozenset(
    {
        EndReason.DISCONNECT,
        EndReason.FORCE_DISCONNECT_BY_USER,
        EndReason.FORCE_DISCONNECT_BY_SERVER,
        EndReason.NETWORK_DISCONNECT,
    }
)
"""Why somebody leaves; a Session that ends with that departure ends because its last participant left."""


def depart(room: Room, connection: Connection, reason: EndReason, *, is_evicted: bool) -> None:
    """Take *connection* out with its streams and subscriptions.

    The last visible participant ends the Session, or leaves that to the recording of it.
    """
    present = room.everyone()
    del room.connections[connection.id]
    if connection.stream is not None:
        _end_subscribers(room, connection.stream.id, reason)
    for subscription in tuple(connection.downlinks.values()):
        end_subscription(room, connection, subscription, reason)
    _end_uplink(room, connection, reason, audience=())
    _announce_departure(room, connection, reason, present=present, is_evicted=is_evicted)
    if not connection.is_internal and not room.visible and room.recording is None:
        _destroy(room, EndReason.LAST_PARTICIPANT_LEFT if reason in _REASONS_OF_ONE_PARTICIPANT else reason)


def _destroy(room: Room, reason: EndReason) -> None:
    """End the Session now, whoever is still inside."""
    if room.is_destroyed:
        return
    reason = room.closing_reason or reason
    discard(room)
    for connection in tuple(room.connections.values()):
        depart(room, connection, reason, is_evicted=True)
    for end in room.before_end:
        end(reason)
    room.announce.destroyed(reason)


def discard(room: Room) -> None:
    """End a Session without a word."""
    room.is_destroyed = True
    room.pending.clear()
    room.forget()


async def close(room: Room, reason: EndReason) -> None:
    """Evict the participants one after another, stop the recording, then end the Session.

    Waits for the links of each before the next, so that clients' queues drain. A second caller helps; if one is
    cancelled, another call (or the departure of the last participant) finishes.
    """
    if room.closing_reason is None:
        room.closing_reason = reason
    while participants := room.visible:
        depart(room, participants[0], room.closing_reason, is_evicted=True)
        await room.links.sweep()
    if room.recording is not None:
        await room.recording.stop(room.closing_reason)
    _destroy(room, room.closing_reason)
    await room.links.sweep()


def evict(room: Room, connection_id: str, reason: EndReason) -> None:
    """Make an active Connection leave, or revoke a pending one. Raises ConnectionNotFound."""
    connection = room.connections.get(connection_id)
    if connection is None:
        _revoke(room, connection_id)
    else:
        depart(room, connection, reason, is_evicted=True)


def _revoke(room: Room, connection_id: str) -> None:
    """Make the token of a pending Connection worthless; nobody is told. Raises ConnectionNotFound."""
    for token_value, connection in room.pending.items():
        if connection.id == connection_id:
            del room.pending[token_value]
            return
    raise ConnectionNotFound(f"Connection {connection_id} not found in session {room.id}")


def force_disconnect(room: Room, connection_id: str, *, by: str) -> None:
    """A moderator makes somebody leave. Raises RoleForbids, ConnectionNotFound."""
    if not room.participant(by).may_moderate:
        raise RoleForbids("Unable to force disconnect. The user does not have a valid token")
    connection = room.connections.get(connection_id)
    if connection is None or connection.is_internal:
        raise ConnectionNotFound("Connection not found when calling 'forceDisconnect'")
    depart(room, connection, EndReason.FORCE_DISCONNECT_BY_USER, is_evicted=True)


def end_stream(room: Room, publisher: Connection, reason: EndReason, audience: tuple[str, ...]) -> None:
    """End what *publisher* publishes and all subscriptions to it."""
    if publisher.stream is not None:
        _end_subscribers(room, publisher.stream.id, reason)
        _end_uplink(room, publisher, reason, audience)


def end_subscription(room: Room, subscriber: Connection, subscription: Subscription, reason: EndReason) -> None:
    """End one subscription; told of only if it ever began, and if its subscriber is visible."""
    del subscriber.downlinks[subscription.stream.id]
    room.links.abandon(subscription.link_id)
    if subscription.is_established and not subscriber.is_internal:
        room.announce.subscription_ended(subscriber, subscription, reason)


def _end_subscribers(room: Room, stream_id: str, reason: EndReason) -> None:
    for subscriber in room.connections.values():
        subscription = subscriber.downlinks.get(stream_id)
        if subscription is not None:
            end_subscription(room, subscriber, subscription, reason)


def _end_uplink(room: Room, publisher: Connection, reason: EndReason, audience: tuple[str, ...]) -> None:
    stream = publisher.stream
    if stream is None:
        return
    publisher.stream = None
    room.links.abandon(stream.id)
    room.announce.unpublished(stream, reason, audience)


def _announce_departure(
    room: Room, connection: Connection, reason: EndReason, *, present: tuple[str, ...], is_evicted: bool
) -> None:
    if not connection.is_internal:
        room.announce.left(connection, reason, room.everyone())
    if is_evicted:
        room.announce.evicted(connection, reason, (connection.id,) if connection.is_internal else present)
