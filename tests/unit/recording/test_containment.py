"""What fails in the care for one recording leaves the others, and the Sessions, alone."""

import os
import signal
from contextlib import contextmanager

import pytest
import trio
import trio.testing

from ovrouter import isolate
from ovrouter.events import EndReason
from ovrouter.recording.recording import Status
from tests.unit.recording.world import INDIVIDUAL, recorder_pid, running_world, until


@contextmanager
def one_failure(kind):
    """The next task of *kind* fails when it begins."""
    failures = []

    def fail_once(name):
        if name == kind and not failures:
            failures.append(name)
            raise RuntimeError(f"injected into {kind}")

    isolate.fault_injection = fail_once
    try:
        yield failures
    finally:
        isolate.fault_injection = None


async def interrupted(folder):
    """Leave a recording behind as a router does that is killed."""
    async with running_world(folder) as world:
        session = world.session()
        alice = await world.publisher(session)
        recording = await world.recordings.start(session, INDIVIDUAL)
        file = folder / "A" / f"{alice.stream.id}.webm"
        await until(lambda: file.stat().st_size >= 10_000)
        stopped = recorder_pid()
        os.kill(stopped, signal.SIGSTOP)
        world.recordings._nursery.cancel_scope.cancel()
        os.kill(stopped, signal.SIGKILL)
    return recording


async def records(world):
    """A recording from its start to its archive."""
    session = world.session()
    await world.publisher(session)
    recording = await world.recordings.start(session, INDIVIDUAL)
    await world.recordings.stop(recording.id)
    await world.wait_status("ready")
    return recording


@pytest.mark.parametrize("kind", ["recovery of recordings", "recovery of a recording"])
async def test_recordings_go_on_when_recovery_fails_and_the_next_start_recovers(tmp_path, kind):
    left = await interrupted(tmp_path)
    with one_failure(kind) as failures:
        async with running_world(tmp_path) as world:
            await records(world)
            assert failures == [kind]
    async with running_world(tmp_path) as world:
        await world.wait_status("ready")
        assert left.id in [recording.id for recording in await world.recordings.all()]
        assert {recording.status for recording in await world.recordings.all()} == {Status.READY}


async def test_a_countdown_that_fails_ends_no_session_and_no_other_recording(tmp_path):
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        recording = await world.recordings.start(session, INDIVIDUAL)
        with one_failure("end of a recording") as failures:
            await session.leave(alice.id, EndReason.DISCONNECT)
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert failures == ["end of a recording"]
        assert world.sessions.get("A") is session
        await world.recordings.stop(recording.id)
        await world.wait_status("ready")
