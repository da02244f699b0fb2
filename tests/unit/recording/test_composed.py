"""Composed recordings with real composer processes, on a session plane whose streams play."""

from dataclasses import replace
from functools import partial

import av
import pytest
import trio
import trio.testing

from ovrouter.compose.studio import Studio
from ovrouter.errors import RecordingFailed
from ovrouter.events import EndReason
from ovrouter.recording.composed import ComposedJob, finish_composed
from ovrouter.recording.job import Task
from ovrouter.recording.prepared import PreparedComposers
from ovrouter.recording.recording import new_recording
from ovrouter.session import RecordingProperties
from tests.unit.compose.media import camera, microphone
from tests.unit.compose.taps import PlayingMediaNode
from tests.unit.recording.test_containment import one_failure
from tests.unit.session.conftest import World

DEADLINE_S = 120
SMALL = RecordingProperties(resolution="320x180", frame_rate=10, name="Mine", output_mode="COMPOSED")
FILE_BYTES = 20_000


@pytest.fixture
async def world(nursery):
    world = World()
    world.media = PlayingMediaNode(nursery)
    world.registry.__init__(world.config, world.media, world.events.append, lambda: world.now_ms)
    world.registry.nodes.discover()
    world.take_events()
    return world


async def publishing(world, **properties):
    session = world.session(**properties)
    stream = await world.publish(session, world.join(session))
    world.media.streams[stream.id] = [*camera(6, lambda time: int(60 + 20 * time)), *microphone(6, 440)]
    return session


def task_of(world, session, folder, properties=SMALL, prepared=None):
    recording = new_recording("rec", session.id, session.created_at_ms, properties, world.now_ms)
    return Task(recording, properties, session, world.media, Studio(world.config, world.media), folder, prepared)


async def grown(path):
    """Until the file has some seconds of media in it."""
    while not path.exists() or path.stat().st_size < FILE_BYTES:  # noqa: ASYNC110 - a file system tells nobody
        await trio.sleep(0.05)


async def record(task, path):
    """Run a job until its file has grown; what became of it."""
    job, stop, started = ComposedJob(task), trio.Event(), trio.Event()
    results = []
    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as nursery:

            async def run():
                results.append(await job.run(stop, started.set))

            nursery.start_soon(run)
            await started.wait()
            await grown(path)
            stop.set()
    assert results == [None]
    return await finish_composed(task.folder, task.recording)


async def test_a_recording_becomes_a_file_with_duration_and_thumbnail(world, tmp_path):
    task = task_of(world, await publishing(world), tmp_path)
    outcome = await record(task, tmp_path / "Mine.mp4")
    assert (outcome.file, outcome.size_bytes) == ("Mine.mp4", (tmp_path / "Mine.mp4").stat().st_size)
    with av.open(str(tmp_path / "Mine.mp4")) as container:
        assert outcome.duration_s == container.duration / 1e6
        assert {stream.type for stream in container.streams} == {"video", "audio"}
    with av.open(str(tmp_path / "rec.jpg")) as thumbnail:
        assert (thumbnail.streams.video[0].width, thumbnail.streams.video[0].height) == (480, 270)


async def test_sound_alone_has_no_thumbnail(world, tmp_path):
    properties = replace(SMALL, has_video=False)
    outcome = await record(task_of(world, await publishing(world), tmp_path, properties), tmp_path / "Mine.webm")
    assert outcome.file == "Mine.webm"
    assert outcome.duration_s > 1
    assert [path.name for path in tmp_path.iterdir()] == ["Mine.webm"]


async def test_a_file_that_was_cut_off_is_as_long_as_what_is_in_it(world, tmp_path):
    task = task_of(world, await publishing(world), tmp_path)
    whole = await record(task, tmp_path / "Mine.mp4")
    webm = task_of(world, task.session, tmp_path, replace(SMALL, has_video=False))
    sound = await record(webm, tmp_path / "Mine.webm")
    data = (tmp_path / "Mine.webm").read_bytes()
    (tmp_path / "Mine.webm").write_bytes(data[: len(data) * 3 // 4])
    cut = await finish_composed(tmp_path, webm.recording)
    assert 0.5 * sound.duration_s < cut.duration_s <= sound.duration_s
    assert whole.duration_s > 0.5


async def test_a_folder_that_is_not_there_fails_the_start(world, tmp_path):
    job = ComposedJob(task_of(world, await publishing(world), tmp_path / "none"))
    with trio.fail_after(DEADLINE_S), pytest.raises(RecordingFailed, match="No such file"):
        await job.run(trio.Event(), pytest.fail)


@pytest.mark.parametrize(
    ("layout", "explanation"),
    [("CUSTOM", "there is no .*/index.html"), ("PICTURE_IN_PICTURE", "use BEST_FIT or CUSTOM")],
)
async def test_a_layout_that_is_not_there_fails_the_start(world, tmp_path, layout, explanation):
    job = ComposedJob(task_of(world, await publishing(world), tmp_path, replace(SMALL, recording_layout=layout)))
    with pytest.raises(RecordingFailed, match=explanation):
        await job.run(trio.Event(), pytest.fail)


async def test_a_stop_before_the_start_ends_the_recording(world, tmp_path):
    stop = trio.Event()
    stop.set()
    job = ComposedJob(task_of(world, await publishing(world), tmp_path))
    with trio.fail_after(DEADLINE_S), pytest.raises(RecordingFailed, match="stopped"):
        await job.run(stop, partial(pytest.fail, "it has not started"))


async def test_a_session_for_quick_starts_has_a_composer_from_its_first_participant_to_its_end(
    world, tmp_path, nursery
):
    default = replace(SMALL, output_mode="COMPOSED_QUICK_START")
    composers = PreparedComposers(Studio(world.config, world.media), world.registry, nursery)
    session = await publishing(world, default_recording=default)
    assert composers.composition_of(session, SMALL) is None
    for event in world.take_events():
        composers.notice(event)
    with trio.fail_after(DEADLINE_S):
        while (composition := composers.composition_of(session, SMALL)) is None:  # noqa: ASYNC110 - nobody waits for it
            await trio.sleep(0.05)
    assert composers.composition_of(session, replace(SMALL, has_video=False)) is None
    for number in range(2):
        task = task_of(world, session, tmp_path, replace(SMALL, name=f"Mine{number}"), composition)
        outcome = await record(task, tmp_path / f"Mine{number}.mp4")
        assert outcome.duration_s > 0.5
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)
    for event in world.take_events():
        composers.notice(event)
    with trio.fail_after(DEADLINE_S):
        await composition.ended.wait()
    assert composers.composition_of(session, SMALL) is None


async def test_other_sessions_have_no_composer(world, nursery):
    composers = PreparedComposers(Studio(world.config, world.media), world.registry, nursery)
    session = await publishing(world, default_recording=SMALL)
    for event in world.take_events():
        composers.notice(event)
    await trio.testing.wait_all_tasks_blocked()
    assert composers.composition_of(session, SMALL) is None


async def test_a_recording_goes_on_without_a_prepared_composer_that_failed(world, tmp_path, nursery):
    composers = PreparedComposers(Studio(world.config, world.media), world.registry, nursery)
    session = await publishing(world, default_recording=replace(SMALL, output_mode="COMPOSED_QUICK_START"))
    with one_failure("prepared composer") as failures:
        for event in world.take_events():
            composers.notice(event)
        await trio.testing.wait_all_tasks_blocked()
    assert failures == ["prepared composer"]
    assert composers.composition_of(session, SMALL) is None
    outcome = await record(task_of(world, session, tmp_path), tmp_path / "Mine.mp4")
    assert outcome.duration_s > 0.5
