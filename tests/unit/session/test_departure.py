from __future__ import annotations

import pytest

from ovrouter.errors import ConnectionNotFound, RoleForbids, SessionNotFound, TokenInvalid
from ovrouter.events import EndReason, ParticipantLeft, SessionDestroyed, StreamUnpublished, SubscriptionEnded
from ovrouter.session import ConnectionProperties, JoinRequest, Role

DISCONNECT = EndReason.DISCONNECT


async def test_leaving_tells_those_who_remain(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    world.take_events()
    world.now_ms += 1000

    await session.leave(alice.id, DISCONNECT)

    assert world.take_events() == [
        ParticipantLeft(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            audience=(bob.id,),
            connection_id=alice.id,
            start_time_ms=alice.active_at_ms,
            ip="",
            platform="unknown",
            client_data="",
            server_data="",
            reason=DISCONNECT,
        )
    ]
    assert list(session.connections) == [bob.id]


async def test_order_of_events_when_a_publisher_and_subscriber_leaves(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    of_alice, of_bob = await world.publish(session, alice), await world.publish(session, bob)
    await world.subscribe(session, alice, of_bob)
    await world.subscribe(session, bob, of_alice)
    world.take_events()

    await session.leave(alice.id, EndReason.NETWORK_DISCONNECT)

    others_inbound, own_inbound, own_outbound, left = world.take_events()
    assert isinstance(others_inbound, SubscriptionEnded)
    assert (others_inbound.connection_id, others_inbound.receiving_from) == (bob.id, alice.id)
    assert isinstance(own_inbound, SubscriptionEnded)
    assert (own_inbound.connection_id, own_inbound.receiving_from) == (alice.id, bob.id)
    assert isinstance(own_outbound, StreamUnpublished)
    assert own_outbound.stream["id"] == of_alice.id
    assert own_outbound.audience == ()
    assert isinstance(left, ParticipantLeft)
    assert left.audience == (bob.id,)
    assert {event.reason for event in (others_inbound, own_inbound, own_outbound, left)} == {
        EndReason.NETWORK_DISCONNECT
    }


async def test_leaving_closes_the_links_of_the_leaver_and_to_its_stream(world):
    session = world.session()
    alice, bob, carol = (world.join(session) for _ in range(3))
    of_alice, of_bob = await world.publish(session, alice), await world.publish(session, bob)
    await world.subscribe(session, alice, of_bob)
    await world.subscribe(session, bob, of_alice)
    await world.subscribe(session, carol, of_bob)

    await session.leave(alice.id, DISCONNECT)

    assert world.media.open_links == {of_bob.id, f"{carol.id}_{of_bob.id}"}
    assert world.media.closed[-1] == of_alice.id


async def test_leaving_twice_is_leaving_once(world):
    session = world.session()
    alice, _bob = world.join(session), world.join(session)
    await session.leave(alice.id, DISCONNECT)
    world.take_events()

    await session.leave(alice.id, DISCONNECT)
    await session.leave("con_Nobody", DISCONNECT)

    assert world.take_events() == []


@pytest.mark.parametrize(
    ("reason", "destroyed_reason"),
    [
        (DISCONNECT, EndReason.LAST_PARTICIPANT_LEFT),
        (EndReason.NETWORK_DISCONNECT, EndReason.LAST_PARTICIPANT_LEFT),
        (EndReason.OPENVIDU_SERVER_STOPPED, EndReason.OPENVIDU_SERVER_STOPPED),
    ],
)
async def test_the_last_one_to_leave_ends_the_session(world, reason, destroyed_reason):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())
    alice = world.join(session)
    world.take_events()

    await session.leave(alice.id, reason)

    left, destroyed = world.take_events()
    assert isinstance(left, ParticipantLeft)
    assert left.reason is reason
    assert isinstance(destroyed, SessionDestroyed)
    assert destroyed.reason is destroyed_reason
    assert not session.is_active
    assert session.is_closing
    assert session.pending == {}
    with pytest.raises(SessionNotFound):
        world.registry.get(session.id)
    with pytest.raises(TokenInvalid):
        session.join(JoinRequest(pending.token))


async def test_internal_participants_keep_no_session_alive(world):
    session = world.session()
    alice = world.join(session)
    of_alice = await world.publish(session, alice)
    recorder = world.join_with_secret(session, recorder=True)
    await world.subscribe(session, recorder, of_alice)
    world.take_events()

    await session.leave(alice.id, DISCONNECT)

    assert world.told() == [
        ("StreamUnpublished", alice.id, ()),
        ("ParticipantLeft", alice.id, (recorder.id,)),
        ("ParticipantEvicted", recorder.id, (recorder.id,)),
        ("SessionDestroyed", None, ()),
    ]
    assert world.media.open_links == set()


async def test_nobody_is_told_when_an_internal_participant_leaves(world):
    session = world.session()
    world.join(session)
    recorder = world.join_with_secret(session, recorder=True)
    world.take_events()

    await session.leave(recorder.id, DISCONNECT)

    assert world.take_events() == []
    assert session.is_active


async def test_an_internal_participant_that_leaves_alone_ends_nothing(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())
    recorder = world.join_with_secret(session, recorder=True)

    await session.leave(recorder.id, DISCONNECT)

    assert session.join(JoinRequest(pending.token)) is pending


async def test_eviction_is_told_to_all_who_were_present(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    recorder = world.join_with_secret(session, recorder=True)
    world.take_events()

    await session.evict(alice.id, EndReason.FORCE_DISCONNECT_BY_SERVER)

    assert world.told() == [
        ("ParticipantLeft", alice.id, (bob.id, recorder.id)),
        ("ParticipantEvicted", alice.id, (alice.id, bob.id, recorder.id)),
    ]


async def test_evicting_the_last_one_ends_the_session(world):
    session = world.session()
    alice = world.join(session)
    world.take_events()

    await session.evict(alice.id, EndReason.FORCE_DISCONNECT_BY_SERVER)

    *_, evicted, destroyed = world.take_events()
    assert evicted.reason is EndReason.FORCE_DISCONNECT_BY_SERVER
    assert destroyed.reason is EndReason.LAST_PARTICIPANT_LEFT


async def test_evicting_a_pending_connection_revokes_its_token(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())
    world.take_events()

    await session.evict(pending.id, EndReason.FORCE_DISCONNECT_BY_SERVER)

    assert world.take_events() == []
    assert session.pending == {}
    with pytest.raises(TokenInvalid):
        session.join(JoinRequest(pending.token))


async def test_evicting_the_unknown(world):
    session = world.session()

    with pytest.raises(ConnectionNotFound):
        await session.evict("con_Nobody", EndReason.FORCE_DISCONNECT_BY_SERVER)


async def test_a_moderator_makes_somebody_leave(world):
    session = world.session()
    mia, bob = world.join(session, Role.MODERATOR), world.join(session)
    world.take_events()

    await session.force_disconnect(bob.id, by=mia.id)

    assert {event.reason for event in world.events} == {EndReason.FORCE_DISCONNECT_BY_USER}
    assert world.told() == [
        ("ParticipantLeft", bob.id, (mia.id,)),
        ("ParticipantEvicted", bob.id, (mia.id, bob.id)),
    ]


@pytest.mark.parametrize("role", [Role.SUBSCRIBER, Role.PUBLISHER])
async def test_only_moderators_force(world, role):
    session = world.session()
    alice, bob = world.join(session, role), world.join(session)
    world.take_events()

    with pytest.raises(RoleForbids, match=r"^Unable to force disconnect. The user does not have a valid token$"):
        await session.force_disconnect(bob.id, by=alice.id)

    assert world.take_events() == []
    assert bob.id in session.connections


async def test_moderators_reach_neither_strangers_nor_internal_participants(world):
    session = world.session()
    mia = world.join(session, Role.MODERATOR)
    recorder = world.join_with_secret(session, recorder=True)
    pending = session.create_connection(ConnectionProperties())

    for connection_id in ("con_Nobody", recorder.id, pending.id):
        with pytest.raises(ConnectionNotFound, match="Connection not found when calling 'forceDisconnect'"):
            await session.force_disconnect(connection_id, by=mia.id)


async def test_closing_evicts_one_after_another(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    recorder = world.join_with_secret(session, recorder=True)
    world.take_events()

    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)

    assert {event.reason for event in world.events} == {EndReason.SESSION_CLOSED_BY_SERVER}
    assert world.told() == [
        ("ParticipantLeft", alice.id, (bob.id, recorder.id)),
        ("ParticipantEvicted", alice.id, (alice.id, bob.id, recorder.id)),
        ("ParticipantLeft", bob.id, (recorder.id,)),
        ("ParticipantEvicted", bob.id, (bob.id, recorder.id)),
        ("ParticipantEvicted", recorder.id, (recorder.id,)),
        ("SessionDestroyed", None, ()),
    ]


async def test_closing_a_session_nobody_joined(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())
    world.take_events()

    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)

    assert world.told() == [("SessionDestroyed", None, ())]
    with pytest.raises(TokenInvalid):
        session.join(JoinRequest(pending.token))


async def test_closing_twice_is_closing_once(world):
    session = world.session()
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)
    world.take_events()

    await session.close(EndReason.OPENVIDU_SERVER_STOPPED)

    assert world.take_events() == []
