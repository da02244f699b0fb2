from __future__ import annotations

import re

import pytest

from ovrouter.errors import SessionExists, SessionNotFound, TokenInvalid
from ovrouter.events import EndReason, SessionCreated, SessionDestroyed
from ovrouter.medianode import LinkDown, LinkUp
from ovrouter.session import ConnectionProperties, JoinRequest


def test_creation_is_told(world):
    session = world.session()

    assert re.fullmatch("ses_[A-Z][A-Za-z0-9]{9}", session.id)
    assert world.take_events() == [
        SessionCreated(
            session_id=session.id, session_created_at_ms=session.created_at_ms, timestamp_ms=session.created_at_ms
        )
    ]
    assert world.registry.get(session.id) is session
    assert world.registry.sessions() == (session,)


def test_of_two_sessions_with_one_id_the_first_is_created(world):
    session = world.session(custom_session_id="room")

    with pytest.raises(SessionExists):
        world.session(custom_session_id="room")

    assert world.registry.sessions() == (session,)


async def test_an_id_is_free_again_when_its_session_is_gone(world):
    first = world.session(custom_session_id="room")
    await world.registry.close("room", EndReason.SESSION_CLOSED_BY_SERVER)

    second = world.session(custom_session_id="room")

    assert second is not first
    assert world.registry.get("room") is second


async def test_unknown_sessions(world):
    with pytest.raises(SessionNotFound, match="Session room cannot be found"):
        world.registry.get("room")
    with pytest.raises(SessionNotFound):
        await world.registry.close("room", EndReason.SESSION_CLOSED_BY_SERVER)


async def test_closing_all(world):
    sessions = [world.session(), world.session()]
    world.join(sessions[0])
    world.take_events()

    await world.registry.close_all(EndReason.OPENVIDU_SERVER_STOPPED)

    destroyed = [event for event in world.events if isinstance(event, SessionDestroyed)]
    assert {event.session_id for event in destroyed} == {session.id for session in sessions}
    assert {event.reason for event in destroyed} == {EndReason.OPENVIDU_SERVER_STOPPED}
    assert world.registry.sessions() == ()


def test_garbage_is_what_nobody_joined_in_time(make_world):
    world = make_world(openvidu_sessions_garbage_threshold=60)
    old, used = world.session(), world.session()
    pending = old.create_connection(ConnectionProperties())
    world.join(used)
    watched_by_a_recorder = world.session()
    world.join_with_secret(watched_by_a_recorder, recorder=True)
    world.take_events()

    world.now_ms += 60_000
    world.registry.collect_garbage()
    assert old in world.registry.sessions()
    young = world.session()
    world.take_events()
    world.now_ms += 1
    world.registry.collect_garbage()

    assert world.registry.sessions() == (used, watched_by_a_recorder, young)
    assert world.take_events() == []
    with pytest.raises(TokenInvalid):
        old.join(JoinRequest(pending.token))


@pytest.mark.parametrize("event", [LinkUp("str_CAM_Xabc_con_Y"), LinkDown("str_CAM_Xabc_con_Y", "consent-expired")])
async def test_links_going_up_and_down_need_nothing(world, event):
    session = world.session()
    world.join(session)
    world.take_events()

    await world.registry.handle_link_event(event)

    assert world.take_events() == []


def test_codec_settings_fall_back_to_the_configuration(make_world):
    world = make_world(openvidu_streams_forced_video_codec="VP9", openvidu_streams_allow_transcoding=True)

    default, own = world.session(), world.session(forced_video_codec="NONE", allow_transcoding=False)

    assert (default.forced_video_codec, default.allow_transcoding) == ("VP9", True)
    assert (own.forced_video_codec, own.allow_transcoding) == ("NONE", False)
