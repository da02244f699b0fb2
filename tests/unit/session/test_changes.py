from __future__ import annotations

import pytest

from ovrouter.errors import ConnectionNotFound, NotPublishing, SignalTargetUnknown
from ovrouter.events import ConnectionPropertyChanged, SignalSent, StreamPropertyChanged
from ovrouter.session import ConnectionProperties, Role


@pytest.mark.parametrize("sender_is_server", [True, False])
async def test_a_signal_to_nobody_in_particular_goes_to_everyone(world, sender_is_server):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    recorder = world.join_with_secret(session, recorder=True)
    world.take_events()
    sender = None if sender_is_server else alice.id

    session.send_signal(sender=sender, to=[], type="signal:chat", data="hello")

    assert world.take_events() == [
        SignalSent(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            audience=(alice.id, bob.id, recorder.id),
            from_connection=sender,
            type="signal:chat",
            data="hello",
        )
    ]


def test_a_signal_to_some_goes_to_each_once(world):
    session = world.session()
    alice, bob, _carol = (world.join(session) for _ in range(3))
    world.take_events()

    session.send_signal(sender=alice.id, to=[bob.id, alice.id, bob.id], type=None, data=None)

    (signal,) = world.take_events()
    assert signal.audience == (bob.id, alice.id)


def test_one_unknown_target_spoils_the_signal(world):
    session = world.session()
    alice = world.join(session)
    pending = session.create_connection(ConnectionProperties())
    world.take_events()

    for unknown in ("con_Nobody", pending.id):
        with pytest.raises(SignalTargetUnknown, match="some connectionId does not exist in this session"):
            session.send_signal(sender=alice.id, to=[alice.id, unknown], type=None, data=None)

    assert world.take_events() == []


def test_strangers_send_no_signals(world):
    session = world.session()
    world.join(session)

    with pytest.raises(ConnectionNotFound):
        session.send_signal(sender="con_Nobody", to=[], type=None, data=None)


@pytest.mark.parametrize(
    ("name", "new_value", "attribute"),
    [
        ("audioActive", False, "audio_active"),
        ("videoActive", False, "video_active"),
        ("videoDimensions", '{"width":1,"height":2}', "video_dimensions"),
    ],
)
async def test_a_changed_stream_property_is_kept_and_told(world, name, new_value, attribute):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    stream = await world.publish(session, alice)
    world.take_events()

    session.change_stream_property(alice.id, property=name, new_value=new_value, reason="publishVideo")

    assert getattr(stream, attribute) == new_value
    assert world.take_events() == [
        StreamPropertyChanged(
            session_id=session.id,
            session_created_at_ms=session.created_at_ms,
            timestamp_ms=world.now_ms,
            audience=(bob.id,),
            connection_id=alice.id,
            stream_id=stream.id,
            property=name,
            new_value=new_value,
            reason="publishVideo",
        )
    ]


@pytest.mark.parametrize(
    ("name", "new_value"),
    [("audioActive", "false"), ("videoActive", None), ("videoDimensions", {}), ("videoTrack", {"label": "x"})],
)
async def test_what_is_no_state_is_told_only(world, name, new_value):
    session = world.session()
    alice = world.join(session)
    stream = await world.publish(session, alice)
    before = (stream.audio_active, stream.video_active, stream.video_dimensions)
    world.take_events()

    session.change_stream_property(alice.id, property=name, new_value=new_value, reason="trackReplaced")

    assert (stream.audio_active, stream.video_active, stream.video_dimensions) == before
    assert world.events[0].new_value == new_value


def test_nothing_published_nothing_changed(world):
    session = world.session()
    alice = world.join(session)

    with pytest.raises(NotPublishing):
        session.change_stream_property(alice.id, property="audioActive", new_value=True, reason="publishAudio")


def test_each_changed_property_is_told_to_the_connection_alone(world):
    session = world.session()
    alice, _bob = world.join(session), world.join(session)
    world.take_events()

    changed = session.change_connection(alice.id, role=Role.MODERATOR, record=False)

    assert changed is alice
    assert (alice.role, alice.record) == (Role.MODERATOR, False)
    base = {
        "session_id": session.id,
        "session_created_at_ms": session.created_at_ms,
        "timestamp_ms": world.now_ms,
        "audience": (alice.id,),
        "connection_id": alice.id,
    }
    assert world.take_events() == [
        ConnectionPropertyChanged(**base, property="role", new_value="MODERATOR"),
        ConnectionPropertyChanged(**base, property="record", new_value=False),
    ]


def test_what_stays_the_same_is_not_told(world):
    session = world.session()
    alice = world.join(session)
    world.take_events()

    session.change_connection(alice.id, role=Role.PUBLISHER, record=True)
    session.change_connection(alice.id)

    assert world.take_events() == []


def test_pending_connections_change_in_silence(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties())
    world.take_events()

    session.change_connection(pending.id, role=Role.SUBSCRIBER, record=False)

    assert (pending.role, pending.record) == (Role.SUBSCRIBER, False)
    assert world.take_events() == []


def test_changing_an_unknown_connection(world):
    with pytest.raises(ConnectionNotFound):
        world.session().change_connection("con_Nobody", role=Role.PUBLISHER)
