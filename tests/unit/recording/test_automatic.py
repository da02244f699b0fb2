"""What recordings do by themselves, in virtual time: the job is one that records nothing."""

import pytest
import trio
import trio.testing

from ovrouter.events import EndReason, RecordingStatusChanged
from ovrouter.recording import modes
from ovrouter.recording.job import Outcome
from ovrouter.session import RecordingProperties, Role
from tests.unit.recording import world as worlds
from tests.unit.recording.world import INDIVIDUAL, running_world

TIMEOUT_S = 120


class IdleJob:
    def __init__(self, task):
        self.task = task

    def notice(self, event):
        pass

    async def run(self, stop, on_started):
        on_started()
        await stop.wait()


async def finish_idle(folder, recording):
    return Outcome("A.zip", 1, 1.0)


@pytest.fixture(autouse=True)
def idle_jobs(monkeypatch):
    monkeypatch.setitem(modes.MODES, "INDIVIDUAL", modes.Mode(IdleJob, finish_idle))
    # Virtual time passes at once; a real deadline would too.
    monkeypatch.setattr(worlds, "DEADLINE_S", float("inf"))


async def settled():
    await trio.testing.wait_all_tasks_blocked(0.01)


async def test_a_recording_ends_some_time_after_the_last_participant(tmp_path, autojump_clock):
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        left_s = trio.current_time()
        await session.leave(alice.id, EndReason.DISCONNECT)
        assert world.sessions.get("A") is session
        await world.wait_status("ready")
        assert trio.current_time() - left_s == pytest.approx(TIMEOUT_S)
        assert world.statuses()[1:] == [("stopped", "automaticStop"), ("ready", "automaticStop")]
        await settled()
        assert world.events[-1].reason is EndReason.AUTOMATIC_STOP
        assert world.sessions.sessions() == ()


async def test_somebody_who_publishes_in_time_keeps_it_going(tmp_path, autojump_clock):
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        await session.leave(alice.id, EndReason.DISCONNECT)
        await trio.sleep(TIMEOUT_S - 1)
        await world.publisher(session)
        await trio.sleep(10 * TIMEOUT_S)
        assert world.statuses() == [("started", None)]


async def test_somebody_who_only_watches_does_not_keep_it_going(tmp_path, autojump_clock):
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        await session.leave(alice.id, EndReason.DISCONNECT)
        world.join(session, Role.SUBSCRIBER)
        await world.wait_status("ready")
        await settled()
        assert world.sessions.get("A") is session, "the session has a participant"


async def test_a_recording_of_nobody_who_publishes_ends_too(tmp_path, autojump_clock):
    async with running_world(tmp_path) as world:
        session = world.session()
        world.join(session)
        await world.recordings.start(session, INDIVIDUAL)
        await world.wait_status("ready")
        assert world.statuses()[-1] == ("ready", "automaticStop")
        await settled()
        assert world.sessions.get("A") is session


async def test_without_a_timeout_recording_and_session_end_at_once(tmp_path):
    async with running_world(tmp_path, openvidu_recording_autostop_timeout=0) as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        await session.leave(alice.id, EndReason.DISCONNECT)
        await world.wait_status("ready")
        await settled()
        assert world.statuses()[1:] == [("stopped", "lastParticipantLeft"), ("ready", "lastParticipantLeft")]
        assert world.events[-1].reason is EndReason.LAST_PARTICIPANT_LEFT


async def test_stopping_by_hand_closes_a_session_that_only_the_recording_kept(tmp_path):
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        await session.leave(alice.id, EndReason.DISCONNECT)
        await world.recordings.stop("A")
        await settled()
        assert world.sessions.sessions() == ()


async def test_mode_always_begins_with_the_first_publisher_and_not_again_after_a_stop(tmp_path):
    async with running_world(tmp_path) as world:
        session = world.session(
            recording_mode="ALWAYS", default_recording=RecordingProperties(output_mode="INDIVIDUAL")
        )
        world.join(session)
        await settled()
        assert session.recording is None
        await world.publisher(session)
        await world.wait_status("started")
        await world.recordings.stop("A")
        await world.publisher(session)
        await settled()
        assert [status for status, _ in world.statuses()] == ["started", "stopped", "ready"]


@pytest.mark.parametrize(
    ("notification", "told"),
    [
        ("none", set()),
        ("moderator", {Role.MODERATOR}),
        ("publisher_moderator", {Role.MODERATOR, Role.PUBLISHER}),
        ("all", set(Role)),
    ],
)
async def test_the_configured_roles_are_told(tmp_path, notification, told):
    async with running_world(tmp_path, openvidu_recording_notification=notification) as world:
        session = world.session()
        connections = {role: world.join(session, role) for role in Role}
        session.join(worlds.JoinRequest("", secret="s3cret", recorder=True))
        await world.recordings.start(session, INDIVIDUAL)
        await world.recordings.stop("A")
        changes = [event for event in world.events if isinstance(event, RecordingStatusChanged)]
        expected = {connections[role].id for role in told}
        assert [set(event.audience) for event in changes] == [expected, expected, set()]
        assert {role for role in Role if session.is_told_of_recording(connections[role])} == told


async def test_recordings_of_one_session_get_numbers(tmp_path):
    async with running_world(tmp_path) as world:
        session = world.session()
        await world.publisher(session)
        for expected in ("A", "A~1", "A~2"):
            assert (await world.recordings.start(session, INDIVIDUAL)).id == expected
            await world.recordings.stop(expected)
        assert [recording.id for recording in await world.recordings.all()] == ["A", "A~1", "A~2"]
        await world.recordings.delete("A~1")
        assert [recording.id for recording in await world.recordings.all()] == ["A", "A~2"]
