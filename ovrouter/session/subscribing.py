"""Subscribing: one downlink for each stream a Connection receives. Cold.

Either side may make the offer: with :func:`prepare` the server does and the client's answer comes to :func:`answer`;
with :func:`offer` the client does. Clients choose freely, whatever the configured media server mode is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ovrouter.errors import ConnectionNotFound, LinkNotFound, NotFound, NotPublishing, StreamNotFound
from ovrouter.events import EndReason
from ovrouter.medianode import AcceptDownlink, OpenDownlink
from ovrouter.session.bandwidth import downlink_limits
from ovrouter.session.connection import Connection
from ovrouter.session.departure import end_subscription
from ovrouter.session.room import Room
from ovrouter.session.stream import Stream, Subscription, downlink_id, publisher_id_in

__all__ = ["answer", "offer", "prepare", "renegotiate", "unsubscribe"]


async def prepare(room: Room, connection_id: str, stream_id: str, *, is_reconnection: bool) -> str:
    """The server's SDP offer for a stream; :func:`answer` completes the exchange.

    A reconnection goes on with an existing subscription and nobody is told; otherwise that one ends first.
    Raises ConnectionNotFound, NotPublishing (no such stream), StreamNotFound (it ended meanwhile).
    """
    subscriber, subscription = _subscription(room, connection_id, stream_id, is_reconnection=is_reconnection)
    return await _open(room, subscriber, subscription, None)


async def offer(room: Room, connection_id: str, stream_id: str, sdp_offer: str, *, is_reconnection: bool) -> str:
    """The SDP answer to a client's offer; then the client is subscribed. Raises as :func:`prepare`."""
    subscriber, subscription = _subscription(room, connection_id, stream_id, is_reconnection=is_reconnection)
    sdp_answer = await _open(room, subscriber, subscription, sdp_offer)
    await _settle(room, subscriber, subscription)
    return sdp_answer


async def answer(room: Room, connection_id: str, stream_id: str, sdp_answer: str) -> None:
    """Take the client's answer to the server's offer; then the client is subscribed.

    Raises ConnectionNotFound, LinkNotFound (nothing was offered), StreamNotFound (it ended meanwhile), SdpMalformed.
    """
    subscriber = room.participant(connection_id)
    subscription = subscriber.downlinks.get(stream_id)
    if subscription is None or not subscription.is_negotiating:
        raise LinkNotFound(f"No SDP offer for stream '{stream_id}' awaits an answer: prepare the subscription first")
    await room.links.media.accept_downlink(AcceptDownlink(subscription.link_id, sdp_answer))
    _require_current(room, subscriber, subscription)
    await _settle(room, subscriber, subscription)


async def renegotiate(room: Room, subscriber: Connection, subscription: Subscription) -> None:
    """Make a new offer, unless one is open: then as soon as that one is answered.

    Nothing happens if the stream ends or the client negotiates by itself meanwhile.
    """
    if subscription.is_negotiating:
        subscription.must_renegotiate = True
        return
    negotiation = subscription.negotiations + 1
    with suppress(NotFound, LinkNotFound):
        sdp_offer = await _open(room, subscriber, subscription, None)
        if subscription.negotiations == negotiation:
            room.announce.must_reconnect(subscriber, subscription, sdp_offer)


def unsubscribe(room: Room, connection_id: str, publisher_connection_id: str) -> None:
    """Nothing happens without a subscription. Raises ConnectionNotFound for either Connection."""
    subscriber = room.participant(connection_id)
    publisher = room.participant(publisher_connection_id)
    subscription = subscriber.downlinks.get(publisher.stream.id) if publisher.stream is not None else None
    if subscription is not None:
        end_subscription(room, subscriber, subscription, EndReason.UNSUBSCRIBE)


def _subscription(
    room: Room, connection_id: str, stream_id: str, *, is_reconnection: bool
) -> tuple[Connection, Subscription]:
    """The subscriber and its subscription, old or new, ready to be negotiated."""
    subscriber = room.participant(connection_id)
    stream = _stream_to_receive(room, subscriber, stream_id)
    existing = subscriber.downlinks.get(stream_id)
    if existing is not None and is_reconnection:
        return subscriber, existing
    if existing is not None:
        end_subscription(room, subscriber, existing, EndReason.UNSUBSCRIBE)
    subscription = Subscription(downlink_id(subscriber.id, stream_id), stream, room.now_ms())
    subscriber.downlinks[stream_id] = subscription
    return subscriber, subscription


def _stream_to_receive(room: Room, subscriber: Connection, stream_id: str) -> Stream:
    publisher_id = publisher_id_in(stream_id)
    if publisher_id == subscriber.id:
        raise NotPublishing("Can loopback only when publishing media")
    publisher = room.connections.get(publisher_id)
    if publisher is None:
        raise ConnectionNotFound(f"User '{publisher_id} not found in session '{room.id}'")
    if publisher.stream is None or publisher.stream.id != stream_id:
        raise NotPublishing(f"User '{publisher_id} not streaming media in session '{room.id}'")
    return publisher.stream


async def _open(room: Room, subscriber: Connection, subscription: Subscription, sdp_offer: str | None) -> str:
    """Open the downlink: the answer to *sdp_offer*, or the server's offer."""
    subscription.is_negotiating = True
    subscription.must_renegotiate = False
    subscription.negotiations += 1
    command = _command(room, subscriber, subscription, sdp_offer)
    async with room.links.opening(command.link_id, is_wanted=lambda: _is_current(subscriber, subscription)):
        with _undone_on_failure(subscriber, subscription):
            opened = await room.links.media.open_downlink(command)
            _require_current(room, subscriber, subscription)
    return opened.sdp


@contextmanager
def _undone_on_failure(subscriber: Connection, subscription: Subscription) -> Iterator[None]:
    """A negotiation that fails leaves an old subscription as it was and nothing of a new one."""
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            subscription.is_negotiating = False
            if not subscription.is_established and _is_current(subscriber, subscription):
                del subscriber.downlinks[subscription.stream.id]


async def _settle(room: Room, subscriber: Connection, subscription: Subscription) -> None:
    """Offer and answer are exchanged."""
    subscription.is_negotiating = False
    if not subscription.is_established:
        subscription.is_established = True
        subscription.created_at_ms = room.now_ms()
        if not subscriber.is_internal:
            room.announce.subscription_started(subscriber, subscription)
    if subscription.must_renegotiate:
        await renegotiate(room, subscriber, subscription)


def _is_current(subscriber: Connection, subscription: Subscription) -> bool:
    return subscriber.downlinks.get(subscription.stream.id) is subscription


def _require_current(room: Room, subscriber: Connection, subscription: Subscription) -> None:
    if not room.is_present(subscriber):
        raise ConnectionNotFound(f"User {subscriber.id} left session {room.id} while it was subscribing")
    if not _is_current(subscriber, subscription):
        raise StreamNotFound(f"Stream '{subscription.stream.id}' does not exist in Session '{room.id}'")


def _command(room: Room, subscriber: Connection, subscription: Subscription, sdp_offer: str | None) -> OpenDownlink:
    return OpenDownlink(
        link_id=subscription.link_id,
        uplink_id=subscription.stream.id,
        session_id=room.id,
        client_id=subscriber.id,
        sdp_offer=sdp_offer,
        forced_codec=room.codec,
        allow_other_codecs=room.allow_transcoding,
        video_limits=downlink_limits(room.config, subscriber.kurento_options),
    )
