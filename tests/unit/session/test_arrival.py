from __future__ import annotations

import re

import pytest

from ovrouter.errors import SessionClosing, TokenInvalid, TooManyPendingConnections
from ovrouter.events import EndReason, ParticipantJoined
from ovrouter.session import ConnectionProperties, IceServer, JoinRequest, Role
from ovrouter.session import arrival as arrival_module


def test_a_new_connection_is_pending(world):
    session = world.session(custom_session_id="room")

    connection = session.create_connection(ConnectionProperties(role=Role.MODERATOR, server_data="data", record=False))

    assert re.fullmatch("con_[A-Z][A-Za-z0-9]{9}", connection.id)
    assert not connection.is_active
    assert (connection.role, connection.server_data, connection.record) == (Role.MODERATOR, "data", False)
    assert connection.created_at_ms == world.now_ms
    assert session.pending == {connection.id: connection}
    assert session.connections == {}
    assert not session.is_active


def test_creating_a_connection_tells_nobody(world):
    session = world.session()
    world.take_events()

    session.create_connection(ConnectionProperties())

    assert world.take_events() == []


def test_without_ice_servers_of_its_own_a_client_gets_the_turn_server(world):
    connection = world.session().create_connection(ConnectionProperties())

    assert connection.custom_ice_servers == ()
    assert connection.ice_servers == (
        IceServer("turn:localhost:3478", connection.turn.username, connection.turn.credential),
    )


def test_configured_ice_servers_become_those_of_the_connection(make_world):
    world = make_world(openvidu_webrtc_ice_servers=("url=stun:stun.example.com",))

    connection = world.session().create_connection(ConnectionProperties())

    assert connection.custom_ice_servers == connection.ice_servers == (IceServer("stun:stun.example.com"),)


def test_ice_servers_of_the_connection_beat_the_configured_ones(make_world):
    world = make_world(openvidu_webrtc_ice_servers=("url=stun:stun.example.com",))
    own = (IceServer("stun:own.example.com"),)

    connection = world.session().create_connection(ConnectionProperties(custom_ice_servers=own))

    assert connection.ice_servers == own


def test_pending_connections_are_capped(world, monkeypatch):
    monkeypatch.setattr(arrival_module, "MAX_PENDING_CONNECTIONS", 2)
    session = world.session()
    first = session.create_connection(ConnectionProperties())
    session.create_connection(ConnectionProperties())

    with pytest.raises(TooManyPendingConnections):
        session.create_connection(ConnectionProperties())
    session.join(JoinRequest(first.token))
    session.create_connection(ConnectionProperties())

    assert len(session.pending) == 2


def test_join_takes_what_the_client_says(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties(server_data="server"))
    world.now_ms += 5000

    joined = session.join(JoinRequest(pending.token, client_data="client", platform="Chrome", ip="192.0.2.1"))

    assert joined is pending
    assert (joined.client_data, joined.platform, joined.ip) == ("client", "Chrome", "192.0.2.1")
    assert joined.active_at_ms == world.now_ms == joined.created_at_ms + 5000
    assert joined.metadata == "client%/%server"
    assert session.pending == {}
    assert session.connections == {joined.id: joined}
    assert session.is_active


@pytest.mark.parametrize(
    ("client", "server", "metadata"),
    [("", "", ""), ("c", "", "c"), ("", "s", "s"), ("c", "s", "c%/%s")],
)
def test_metadata_joins_what_is_not_empty(world, client, server, metadata):
    session = world.session()
    pending = session.create_connection(ConnectionProperties(server_data=server))

    assert session.join(JoinRequest(pending.token, client_data=client)).metadata == metadata


def test_the_others_are_told_of_a_joiner(world):
    session = world.session()
    alice = world.join(session)
    world.take_events()
    pending = session.create_connection(ConnectionProperties(server_data="s"))
    bob = session.join(JoinRequest(pending.token, client_data="c", platform="Chrome", ip="192.0.2.1"))

    assert world.take_events() == [
        ParticipantJoined(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=bob.active_at_ms,
            audience=(alice.id,),
            connection_id=bob.id,
            metadata="c%/%s",
            ip="192.0.2.1",
            platform="Chrome",
            client_data="c",
            server_data="s",
        )
    ]


def test_a_token_works_once(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())
    session.join(JoinRequest(pending.token))

    with pytest.raises(TokenInvalid, match=re.escape(f"Unable to join session {session.id}. Token {pending.token} is")):
        session.join(JoinRequest(pending.token))


def test_the_token_parameter_alone_is_enough(world):
    session = world.session()
    by_value = session.create_connection(ConnectionProperties())
    by_other_host = session.create_connection(ConnectionProperties())

    assert session.join(JoinRequest(by_value.token_value)) is by_value
    assert session.join(JoinRequest(by_other_host.token.replace("localhost", "proxy"))) is by_other_host


def test_a_token_of_another_session_is_not_valid(world):
    session, other = world.session(), world.session()
    pending = other.create_connection(ConnectionProperties())

    with pytest.raises(TokenInvalid):
        session.join(JoinRequest(pending.token))
    assert other.pending


@pytest.mark.parametrize("secret", ["", "wrong", "s3cre", "s3cret\udcff", "sécret"])
def test_a_wrong_secret_is_no_secret(world, secret):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())

    with pytest.raises(TokenInvalid):
        session.join(JoinRequest("nonsense", secret=secret))
    assert not session.join(JoinRequest(pending.token, secret=secret, recorder=True)).is_internal


def test_an_empty_configured_secret_lets_nobody_in(make_world):
    session = make_world(openvidu_secret="").session()

    with pytest.raises(TokenInvalid):
        session.join(JoinRequest("", secret=""))


def test_the_secret_makes_an_insecure_participant(world):
    session = world.session()

    insecure = world.join_with_secret(session, client_data="dashboard")

    assert insecure.is_insecure
    assert not insecure.is_internal
    assert insecure.role is Role.SUBSCRIBER
    assert insecure.may_publish
    assert insecure.may_moderate
    assert insecure.id.startswith("con_")
    assert session.pending == {}
    assert session.is_active
    assert isinstance(world.events[-1], ParticipantJoined)


@pytest.mark.parametrize(
    ("request_", "id_"),
    [
        ({"recorder": True}, "RECORDER"),
        ({"stt": True}, "SPEECH_TO_TEXT"),
        ({"recorder": True, "stt": True}, "RECORDER"),
    ],
)
def test_internal_participants_have_well_known_ids_and_nobody_is_told(world, request_, id_):
    session = world.session()
    world.take_events()

    internal = world.join_with_secret(session, **request_)

    assert internal.id == id_
    assert internal.is_internal
    assert session.visible_connections == ()
    assert not session.is_active
    assert world.take_events() == []


def test_internal_participants_are_told_of_joiners(world):
    session = world.session()
    recorder = world.join_with_secret(session, recorder=True)
    world.take_events()
    alice = world.join(session)

    assert world.told() == [("ParticipantJoined", alice.id, (recorder.id,))]


def test_a_second_recorder_gets_an_id_of_its_own(world):
    session = world.session()
    first = world.join_with_secret(session, recorder=True)
    second = world.join_with_secret(session, recorder=True)

    assert second.id.startswith("RECORDER_con_")
    assert set(session.connections.values()) == {first, second}


async def test_a_closed_session_takes_nobody(world):
    session = world.session()
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)

    with pytest.raises(SessionClosing, match=f"Unable to join the session. Session {session.id} is closed"):
        world.join_with_secret(session)
    with pytest.raises(SessionClosing):
        session.create_connection(ConnectionProperties())


def test_reprs_hide_secrets(world):
    session = world.session()
    connection = session.create_connection(ConnectionProperties())
    request = JoinRequest(connection.token, secret="s3cret")

    assert connection.token_value not in repr(connection) + repr(request)
    assert connection.turn.credential not in repr(connection)
    assert "s3cret" not in repr(request)
