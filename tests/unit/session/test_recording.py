"""A Session that is recorded: who is told, and that the recording decides about its end."""

import pytest

from ovrouter.errors import AlreadyRecording
from ovrouter.events import EndReason, RecordingStatusChanged
from ovrouter.session import Role, session_json


class Recording:
    id = name = "A"

    def __init__(self, world):
        self._world = world
        self.stopped = []

    async def stop(self, reason):
        self.stopped.append((reason, [type(event).__name__ for event in self._world.events]))


@pytest.fixture
def session(world):
    return world.session()


@pytest.fixture
def recording(world, session):
    recording = Recording(world)
    session.begin_recording(recording)
    return recording


def test_a_session_has_one_recording_at_a_time(world, session, recording):
    assert session_json(session)["recording"] is True
    with pytest.raises(AlreadyRecording):
        session.begin_recording(Recording(world))
    session.end_recording()
    assert session_json(session)["recording"] is False
    session.begin_recording(Recording(world))


async def test_a_recorded_session_outlives_its_participants_and_takes_new_ones(world, session, recording):
    alice = world.join(session)
    await session.leave(alice.id, EndReason.DISCONNECT)
    assert world.registry.sessions() == (session,)
    world.join(session)
    session.end_recording()
    (bob,) = session.visible_connections
    await session.leave(bob.id, EndReason.DISCONNECT)
    assert world.registry.sessions() == ()


async def test_closing_stops_the_recording_once_everybody_is_out_and_before_the_end(world, session, recording):
    world.join(session)
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)
    ((reason, before),) = recording.stopped
    assert reason is EndReason.SESSION_CLOSED_BY_SERVER
    assert "ParticipantLeft" in before
    assert "SessionDestroyed" not in before
    assert world.events[-1].reason is EndReason.SESSION_CLOSED_BY_SERVER


def test_clients_are_told_of_starts_and_stops_only(world, session):
    publisher = world.join(session)
    world.join(session, Role.SUBSCRIBER)
    world.take_events()
    for status in ("started", "stopped", "ready", "failed"):
        session.announce_recording({"status": status}, timestamp_ms=5)
    changes = world.take_events()
    assert all(isinstance(event, RecordingStatusChanged) and event.timestamp_ms == 5 for event in changes)
    assert [event.audience for event in changes] == [(publisher.id,), (publisher.id,), (), ()]
