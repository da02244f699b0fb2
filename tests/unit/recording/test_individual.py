"""INDIVIDUAL recordings by the real recorder process: what is in the archive, and what a crash leaves of it."""

import os
import resource
import signal

import msgspec
import pytest
import trio
import trio.testing

from ovrouter.errors import RecordingFailed
from ovrouter.events import EndReason
from ovrouter.recording import Status, individual
from ovrouter.session import RecordingProperties
from tests.unit.recorder.media import decoded
from tests.unit.recording.world import INDIVIDUAL, recorder_pid, running_world, until


async def test_an_archive_holds_the_streams_and_says_what_they_are(tmp_path):
    async with running_world(tmp_path / "recordings") as world:
        session = world.session()
        alice = await world.publisher(session, server_data="her account")
        recording = await world.recordings.start(session, INDIVIDUAL)
        assert (recording.status, recording.id, recording.name) == (Status.STARTED, "A", "A")
        assert (await world.recordings.get("A")).to_json()["url"] is None
        ready = await world.recordings.stop("A")

        assert ready.status is Status.READY
        assert ready.url == "https://localhost:4443/openvidu/recordings/A/A.zip"
        described = world.unpacked(ready, tmp_path / "unpacked")
        (file,) = described.pop("files")
        assert described == {"createdAt": ready.created_at, "id": "A", "name": "A", "sessionId": "A"}
        assert list(file) == [
            "name", "connectionId", "streamId", "size", "clientData", "serverData", "hasAudio", "hasVideo",
            "typeOfVideo", "startTimeOffset", "endTimeOffset",
        ]  # fmt: skip
        assert file["name"] == f"{alice.stream.id}.webm"
        assert (file["connectionId"], file["clientData"], file["serverData"]) == (alice.id, "Alice", "her account")
        assert file["endTimeOffset"] - file["startTimeOffset"] == pytest.approx(2000, abs=50)
        assert ready.duration == pytest.approx(2, abs=0.05)
        assert ready.size == file["size"] == (tmp_path / "unpacked" / file["name"]).stat().st_size
        assert len(decoded(tmp_path / "unpacked" / file["name"])["video"]) == 50
        assert sorted(os.listdir(tmp_path / "recordings" / "A")) == [".recording.A", "A.zip"]
        assert world.statuses() == [
            ("started", None), ("stopped", "recordingStoppedByServer"), ("ready", "recordingStoppedByServer"),
        ]  # fmt: skip


async def test_connections_that_are_not_to_be_recorded_are_left_out(tmp_path):
    async with running_world(tmp_path) as world:
        session = world.session()
        alice, bob = await world.publisher(session), await world.publisher(session, record=False)
        await world.recordings.start(session, INDIVIDUAL)
        assert [tap.uplink_id for tap in world.media.taps.values()] == [alice.stream.id]
        session.change_connection(bob.id, record=True)
        await trio.testing.wait_all_tasks_blocked()
        assert len(world.media.taps) == 2
        session.change_connection(alice.id, record=False)
        await trio.testing.wait_all_tasks_blocked()
        assert [tap.uplink_id for tap in world.media.taps.values()] == [bob.stream.id]


async def test_a_stream_that_is_recorded_again_gets_a_second_file(tmp_path):
    async with running_world(tmp_path / "recordings") as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        session.change_connection(alice.id, record=False)
        first = tmp_path / "recordings" / "A" / f".stream.{alice.stream.id}"
        await until(lambda: b'"endTime":null' not in first.read_bytes())
        session.change_connection(alice.id, record=True)
        await until((tmp_path / "recordings" / "A" / f".stream.{alice.stream.id}-1").exists)
        described = world.unpacked(await world.recordings.stop("A"), tmp_path / "unpacked")
        assert [file["name"] for file in described["files"]] == [
            f"{alice.stream.id}.webm", f"{alice.stream.id}-1.webm",
        ]  # fmt: skip


async def test_streams_that_come_later_are_recorded_too(tmp_path):
    async with running_world(tmp_path / "recordings") as world:
        session = world.session()
        first = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        second = await world.publisher(session)
        await until((tmp_path / "recordings" / "A" / f"{second.stream.id}.webm").exists)
        await session.unpublish(first.id)
        described = world.unpacked(await world.recordings.stop("A"), tmp_path / "unpacked")
        assert {file["connectionId"] for file in described["files"]} == {first.id, second.id}


@pytest.mark.parametrize(("has_audio", "kinds"), [(True, ("audio",)), (False, ())])
async def test_only_the_tracks_that_are_asked_for_are_recorded(tmp_path, has_audio, kinds):
    async with running_world(tmp_path) as world:
        session = world.session()
        await world.publisher(session)
        properties = RecordingProperties(output_mode="INDIVIDUAL", has_audio=has_audio, has_video=not has_audio)
        await world.recordings.start(session, properties)
        (tap,) = world.media.taps.values()
        assert tap.kinds == (kinds or ("video",))


async def test_a_stream_without_media_makes_the_start_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(individual, "FLOW_WAIT_S", 0.2)
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        world.media.silent.add(alice.stream.id)
        with pytest.raises(RecordingFailed, match=f"no media came within 0 s from {alice.stream.id}"):
            await world.recordings.start(session, INDIVIDUAL)
        assert world.statuses() == [("failed", None)]
        assert session.recording is None
        assert os.listdir(tmp_path) == []
        assert world.media.taps == {}


async def test_streams_without_media_can_be_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr(individual, "FLOW_WAIT_S", 0.2)
    async with running_world(tmp_path) as world:
        session = world.session()
        alice = await world.publisher(session)
        world.media.silent.add(alice.stream.id)
        properties = RecordingProperties(output_mode="INDIVIDUAL", ignore_failed_streams=True)
        assert (await world.recordings.start(session, properties)).status is Status.STARTED


# ---------------------------------------------------------------------------------------------------- nothing is lost


async def test_what_a_killed_recorder_wrote_is_kept(tmp_path):
    async with running_world(tmp_path / "recordings") as world:
        session = world.session()
        alice = await world.publisher(session)
        recording = await world.recordings.start(session, INDIVIDUAL)
        file = tmp_path / "recordings" / "A" / f"{alice.stream.id}.webm"
        await until(lambda: file.stat().st_size >= 10_000)
        os.kill(recorder_pid(), signal.SIGKILL)
        await world.wait_status("failed")

        assert [status for status, _ in world.statuses()] == ["started", "stopped", "failed"]
        assert alice.stream is not None
        assert session.recording is None
        failed = await world.recordings.get(recording.id)
        assert (failed.status, failed.url) == (Status.FAILED, "https://localhost:4443/openvidu/recordings/A/A.zip")
        (described,) = world.unpacked(failed, tmp_path / "unpacked")["files"]
        assert decoded(tmp_path / "unpacked" / described["name"])["video"][-1] > 0.8
        assert described["endTimeOffset"] - described["startTimeOffset"] > 800


async def test_a_recorder_that_hangs_holds_up_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(individual, "FINISH_WAIT_S", 0.1)
    async with running_world(tmp_path / "recordings") as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        file = tmp_path / "recordings" / "A" / f"{alice.stream.id}.webm"
        await until(lambda: file.stat().st_size >= 10_000)
        os.kill(recorder_pid(), signal.SIGSTOP)
        ready = await world.recordings.stop("A")
        assert ready.status is Status.READY
        (described,) = world.unpacked(ready, tmp_path / "unpacked")["files"]
        assert decoded(tmp_path / "unpacked" / described["name"])["video"][-1] > 0.8


async def test_a_disk_that_takes_no_more_ends_the_recording_and_not_the_call(tmp_path):
    async with running_world(tmp_path / "recordings") as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        resource.prlimit(recorder_pid(), resource.RLIMIT_FSIZE, (2_000, 2_000))
        await world.publisher(session)
        await world.publisher(session)
        await world.wait_status("failed")
        assert alice.stream is not None
        failed = await world.recordings.get("A")
        assert failed.url is not None


async def test_a_router_that_was_killed_finishes_its_recordings_at_the_next_start(tmp_path):
    folder = tmp_path / "recordings"
    async with running_world(folder) as world:
        session = world.session()
        alice = await world.publisher(session)
        recording = await world.recordings.start(session, INDIVIDUAL)
        file = folder / "A" / f"{alice.stream.id}.webm"
        await until(lambda: file.stat().st_size >= 10_000)
        os.kill(recorder_pid(), signal.SIGSTOP)
        stopped = recorder_pid()
        world.recordings._nursery.cancel_scope.cancel()
        os.kill(stopped, signal.SIGKILL)
    async with running_world(folder) as world:
        await world.wait_status("ready")
        assert world.statuses() == [("stopped", "openviduServerStopped"), ("ready", "openviduServerStopped")]
        (found,) = await world.recordings.all()
        assert (found.id, found.status) == (recording.id, Status.READY)
        (described,) = world.unpacked(found, tmp_path / "unpacked")["files"]
        assert described["clientData"] == "Alice"
        assert decoded(tmp_path / "unpacked" / described["name"])["video"][-1] > 0.8


async def test_an_archive_that_is_whole_is_not_packed_again_from_what_is_left(tmp_path):
    folder = tmp_path / "recordings"
    async with running_world(folder) as world:
        session = world.session()
        alice = await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        file = folder / "A" / f"{alice.stream.id}.webm"
        await until(lambda: file.stat().st_size >= 10_000)
        ready = await world.recordings.stop("A")
    # As if the router had been killed before it wrote down that the recording is ready.
    interrupted = msgspec.structs.replace(ready, status=Status.STOPPED, size=0, duration=0.0, url=None)
    world.recordings._catalogue.save(interrupted)
    async with running_world(folder) as world:
        await world.wait_status("ready")
        (found,) = await world.recordings.all()
        assert (found.size, found.duration, found.url) == (ready.size, ready.duration, ready.url)
        assert found.size > 0
        assert len(world.unpacked(found, tmp_path / "unpacked")["files"]) == 1


async def test_without_space_nothing_is_begun(tmp_path):
    async with running_world(tmp_path, ovrouter_recording_min_free_mb=10**9) as world:
        session = world.session()
        await world.publisher(session)
        with pytest.raises(RecordingFailed, match=r"MiB are free .* OVROUTER_RECORDING_MIN_FREE_MB is 1000000000"):
            await world.recordings.start(session, INDIVIDUAL)
        assert world.statuses() == []
        assert session.recording is None


async def test_closing_the_session_stops_the_recording_before_the_session_ends(tmp_path):
    async with running_world(tmp_path) as world:
        session = world.session()
        await world.publisher(session)
        await world.recordings.start(session, INDIVIDUAL)
        await session.close(EndReason.SESSION_CLOSED_BY_SERVER)
        assert world.statuses()[1:] == [("stopped", "sessionClosedByServer"), ("ready", "sessionClosedByServer")]
        assert type(world.events[-1]).__name__ == "SessionDestroyed"
