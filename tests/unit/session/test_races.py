"""What happens in a Session while a call waits for the media node."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter.errors import (
    AlreadyPublishing,
    ConnectionNotFound,
    NotPublishing,
    SessionClosing,
    SessionExists,
    StreamNotFound,
)
from ovrouter.events import EndReason, SessionDestroyed
from ovrouter.medianode import RenegotiationNeeded
from ovrouter.session import ConnectionProperties, Role

CLOSED = EndReason.SESSION_CLOSED_BY_SERVER


class Held:
    """A call that waits for the media node; leaving the block lets it end as *raises* says."""

    def __init__(self, world, method, call, *, raises=None):
        self._world, self._method, self._call, self._raises = world, method, call, raises
        self._is_done = False

    async def __aenter__(self):
        self._hold_context = self._world.media.hold(self._method)
        hold = self._hold_context.__enter__()
        self._nursery_context = trio.open_nursery()
        self.nursery = await self._nursery_context.__aenter__()
        self.nursery.start_soon(self._run)
        await hold.wait_arrival()
        return self

    async def __aexit__(self, *error):
        self._hold_context.__exit__(None, None, None)
        await self._nursery_context.__aexit__(*error)
        assert self._is_done

    async def _run(self):
        if self._raises is None:
            await self._call()
        else:
            with pytest.raises(self._raises):
                await self._call()
        self._is_done = True


@pytest.fixture
async def call(world):
    """Alice publishes, Bob and moderator Mia do not."""
    session = world.session()
    alice, bob, mia = world.join(session), world.join(session), world.join(session, Role.MODERATOR)
    stream = await world.publish(session, alice)
    world.take_events()
    return session, alice, bob, mia, stream


async def test_a_publisher_that_left_meanwhile_leaves_no_link(world, call):
    session, _alice, bob, _mia, stream = call

    async with Held(world, "open_uplink", lambda: world.publish(session, bob), raises=ConnectionNotFound):
        await session.leave(bob.id, EndReason.DISCONNECT)
        assert [name for name, *_ in world.told()] == ["ParticipantLeft"]

    assert world.take_events() == []
    assert world.media.open_links == {stream.id}


async def test_a_publisher_whose_session_ended_meanwhile_leaves_no_link(world, call):
    session, _alice, bob, _mia, _stream = call

    async with Held(world, "open_uplink", lambda: world.publish(session, bob), raises=ConnectionNotFound):
        await session.close(CLOSED)
        assert isinstance(world.take_events()[-1], SessionDestroyed)

    assert world.take_events() == []
    assert world.media.open_links == set()


async def test_a_second_publish_meanwhile_is_refused(world, call):
    session, _alice, bob, _mia, _stream = call

    async with Held(world, "open_uplink", lambda: world.publish(session, bob)):
        with pytest.raises(AlreadyPublishing):
            await world.publish(session, bob)
        with pytest.raises(NotPublishing):
            await session.unpublish(bob.id)

    assert bob.stream is not None


async def test_a_cancelled_publish_leaves_no_link(world, call):
    session, _alice, bob, _mia, stream = call

    with trio.CancelScope() as scope:
        async with Held(world, "open_uplink", lambda: world.publish(session, bob)):
            scope.cancel()
            await trio.lowlevel.checkpoint()

    assert bob.stream is None
    assert bob.publishing is None
    await world.registry.close_all(CLOSED)
    assert any("_" + bob.id in link_id for link_id in world.media.closed)
    assert stream.id in world.media.closed


async def test_a_stream_that_ended_while_it_reconnected(world, call):
    session, alice, _bob, mia, stream = call

    async with Held(world, "open_uplink", lambda: session.reconnect_publisher(alice.id, "offer"), raises=NotPublishing):
        await session.force_unpublish(stream.id, by=mia.id)

    assert world.media.open_links == set()


async def test_a_stream_that_ended_while_somebody_subscribed(world, call):
    session, alice, bob, _mia, stream = call

    async with Held(world, "open_downlink", lambda: world.subscribe(session, bob, stream), raises=StreamNotFound):
        await session.unpublish(alice.id)
        world.media.uplinks[stream.id] = None  # the node was faster than the news

    assert bob.downlinks == {}
    assert [name for name, *_ in world.told()] == ["StreamUnpublished"]
    assert world.media.downlinks == {}


async def test_a_subscriber_that_left_meanwhile_leaves_no_link(world, call):
    session, _alice, bob, _mia, stream = call

    async with Held(world, "open_downlink", lambda: world.subscribe(session, bob, stream), raises=ConnectionNotFound):
        await session.leave(bob.id, EndReason.NETWORK_DISCONNECT)

    assert [name for name, *_ in world.told()] == ["ParticipantLeft"]
    assert world.media.open_links == {stream.id}


async def test_a_subscriber_that_left_before_its_answer_was_taken(world, call):
    session, _alice, bob, _mia, stream = call
    await session.prepare_subscription(bob.id, stream.id, reconnect=False)

    async with Held(
        world,
        "accept_downlink",
        lambda: session.subscribe(bob.id, stream.id, sdp_answer="answer"),
        raises=ConnectionNotFound,
    ):
        with world.media.hold("close_link"):
            world.take_events()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(session.leave, bob.id, EndReason.NETWORK_DISCONNECT)
                await wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
        world.media.downlinks[f"{bob.id}_{stream.id}"] = None

    assert [name for name, *_ in world.told()] == ["ParticipantLeft"]
    await world.registry.close_all(CLOSED)
    assert world.media.open_links == set()


async def test_a_cancelled_subscription_leaves_no_link(world, call):
    session, _alice, bob, _mia, stream = call

    with trio.CancelScope() as scope:
        async with Held(world, "open_downlink", lambda: world.subscribe(session, bob, stream)):
            scope.cancel()
            await trio.lowlevel.checkpoint()

    assert bob.downlinks == {}
    await world.registry.close_all(CLOSED)
    assert f"{bob.id}_{stream.id}" in world.media.closed


async def test_renegotiation_of_a_stream_that_ended_meanwhile(world, call):
    session, alice, bob, _mia, stream = call
    await world.subscribe(session, bob, stream)
    world.take_events()
    wanted = RenegotiationNeeded(f"{bob.id}_{stream.id}")

    async with Held(world, "open_downlink", lambda: world.registry.handle_link_event(wanted)):
        await session.unpublish(alice.id)

    assert [name for name, *_ in world.told()] == ["SubscriptionEnded", "StreamUnpublished"]
    assert world.media.open_links == set()


async def test_a_client_that_reconnects_during_a_renegotiation_gets_its_own_offer_only(world, call):
    session, _alice, bob, _mia, stream = call
    await world.subscribe(session, bob, stream)
    world.take_events()
    wanted = RenegotiationNeeded(f"{bob.id}_{stream.id}")

    async with Held(world, "open_downlink", lambda: world.registry.handle_link_event(wanted)) as held:
        held.nursery.start_soon(lambda: session.prepare_subscription(bob.id, stream.id, reconnect=True))
        await wait_all_tasks_blocked()

    assert world.take_events() == []
    await session.reconnect_subscriber(bob.id, stream.id, sdp_answer="answer")
    assert world.take_events() == []


@pytest.mark.parametrize("rivals", [("leave", "evict"), ("evict", "leave"), ("close", "evict"), ("leave", "close")])
async def test_a_participant_goes_once_whoever_races(world, rivals):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    await world.publish(session, alice)
    world.take_events()
    calls = {
        "leave": lambda: session.leave(alice.id, EndReason.DISCONNECT),
        "evict": lambda: session.evict(alice.id, EndReason.FORCE_DISCONNECT_BY_SERVER),
        "close": lambda: session.close(CLOSED),
    }

    async with Held(world, "close_link", calls[rivals[0]]):
        if rivals[1] == "evict":
            with pytest.raises(ConnectionNotFound):
                await calls["evict"]()
        else:
            await calls[rivals[1]]()
    await world.registry.close_all(CLOSED)

    left = [connection_id for name, connection_id, _ in world.told() if name == "ParticipantLeft"]
    assert left == [alice.id, bob.id]
    assert world.media.open_links == set()


async def test_two_closers_end_a_session_once(world, call):
    session, *_ = call

    async with Held(world, "close_link", lambda: session.close(CLOSED)):
        await session.close(EndReason.OPENVIDU_SERVER_STOPPED)

    told = world.take_events()
    assert [type(event) for event in told].count(SessionDestroyed) == 1
    assert {event.reason for event in told} == {CLOSED}
    assert world.media.open_links == set()


async def test_a_closing_session_takes_nobody_and_keeps_its_id(world, call):
    session, *_ = call
    pending = session.create_connection(ConnectionProperties())

    async with Held(world, "close_link", lambda: session.close(CLOSED)):
        assert session.is_closing
        assert session.is_active
        message = f"Unable to join the session. Session {session.id} was in the process of closing"
        with pytest.raises(SessionClosing, match=message):
            world.join_with_secret(session)
        with pytest.raises(SessionClosing):
            session.create_connection(ConnectionProperties())
        assert list(session.pending) == [pending.id]
        with pytest.raises(SessionExists):
            world.session(custom_session_id=session.id)


async def test_a_cancelled_close_can_be_called_again(world, call):
    session, *_ = call

    with trio.CancelScope() as scope:
        async with Held(world, "close_link", lambda: session.close(CLOSED)):
            scope.cancel()
            await trio.lowlevel.checkpoint()
    assert session.connections
    await session.close(CLOSED)

    assert isinstance(world.take_events()[-1], SessionDestroyed)
    assert world.media.open_links == set()


async def test_the_last_to_leave_a_session_whose_close_was_cancelled_ends_it(world, call):
    session, _alice, bob, mia, _stream = call

    with trio.CancelScope() as scope:
        async with Held(world, "close_link", lambda: session.close(CLOSED)):
            scope.cancel()
            await trio.lowlevel.checkpoint()
    await session.leave(bob.id, EndReason.DISCONNECT)
    await session.leave(mia.id, EndReason.DISCONNECT)

    destroyed = world.take_events()[-1]
    assert isinstance(destroyed, SessionDestroyed)
    assert destroyed.reason is CLOSED
