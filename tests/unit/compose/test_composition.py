"""A real composer process, fed over real taps, whose files are decoded."""

import os
import signal
from contextlib import asynccontextmanager

import av
import numpy as np
import pytest
import trio

from ovrouter.compose.composition import open_composition
from ovrouter.compose.orders import Start
from ovrouter.compose.scene import ShownStream
from ovrouter.errors import CompositionFailed
from ovrouter.medianode import OpenUplink
from tests.unit.compose.media import camera, loudness, microphone
from tests.unit.compose.taps import PlayingMediaNode

DEADLINE_S = 120


def shown(id_, **changes):
    members = {"name": id_, "is_screen": False, "is_video_on": True, "kinds": ("audio", "video")} | changes
    return ShownStream(id=id_, **members)


@asynccontextmanager
async def composing(streams):
    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as nursery:
            media = PlayingMediaNode(nursery)
            for id_, frames in streams.items():
                media.streams[id_] = [*frames]
                await media.open_uplink(OpenUplink(id_, "ses", "con", "sdp"))
            async with open_composition(media, "composer") as composition:
                yield composition, media
            nursery.cancel_scope.cancel()


def one_stream():
    return {"str_a": [*camera(6, lambda seconds: int(60 + 20 * seconds)), *microphone(6, 440)]}


async def grown(path, size_bytes):
    """Until the file is that large: so much media has been composed."""
    while not path.exists() or path.stat().st_size < size_bytes:  # noqa: ASYNC110 - a file system tells nobody
        await trio.sleep(0.05)


def decoded(path):
    """Pictures by second, and samples."""
    with av.open(str(path)) as container:
        pictures, sound = {}, []
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                pictures[frame.time] = frame.to_ndarray()[: frame.height]
            else:
                sound.append(frame.to_ndarray()[0])
    return pictures, np.concatenate(sound) if sound else None


def middle(sound):
    """Without the beginning, before the first frames came, and the end, when the last were on their way."""
    return sound[len(sound) // 3 : len(sound) * 2 // 3]


def boxes(path):
    """Types of the top-level boxes (ISO/IEC 14496-12 section 4.2)."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        yield kind
        at += size if size != 1 else int.from_bytes(data[at + 8 : at + 16])


async def test_a_file_has_moving_pictures_the_name_and_the_tone(tmp_path):
    path = tmp_path / "one.mp4"
    async with composing(one_stream()) as (composition, _):
        await composition.show([shown("str_a")])
        await composition.start(Start(url=str(path), container="mp4", width=320, height=181, frame_rate=10))
        await grown(path, 30_000)
        await composition.stop()
    pictures, sound = decoded(path)
    levels = [picture[:90].mean() for picture in pictures.values()]
    last = pictures[max(pictures)]
    assert last.shape == (180, 320)
    assert max(levels) - min(levels) > 20, "the picture grows brighter"
    assert last.max() > 210, "the name is on it"
    assert loudness(middle(sound), 440) == pytest.approx(0.3, abs=0.05)
    assert len(sound) / 48_000 == pytest.approx(max(pictures), abs=0.25)


async def test_sound_alone_becomes_webm(tmp_path):
    path = tmp_path / "sound.webm"
    async with composing(one_stream()) as (composition, _):
        await composition.show([shown("str_a", kinds=("audio",))])
        await composition.start(Start(url=str(path), container="webm"))
        await grown(path, 20_000)
        await composition.stop()
    pictures, sound = decoded(path)
    assert not pictures
    assert loudness(middle(sound), 440) == pytest.approx(0.3, abs=0.05)


async def test_pictures_alone_have_no_audio_track(tmp_path):
    path = tmp_path / "silent.mp4"
    async with composing(one_stream()) as (composition, _):
        await composition.show([shown("str_a", kinds=("video",))])
        await composition.start(
            Start(url=str(path), container="mp4", width=320, height=180, frame_rate=10, has_audio=False)
        )
        await grown(path, 5_000)
        await composition.stop()
    pictures, sound = decoded(path)
    assert pictures
    assert sound is None


async def test_one_process_writes_one_file_after_another(tmp_path):
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    async with composing(one_stream()) as (composition, _):
        await composition.show([shown("str_a")])
        for path in paths:
            await composition.start(Start(url=str(path), container="mp4", width=320, height=180, frame_rate=10))
            await grown(path, 10_000)
            await composition.stop()
    for path in paths:
        pictures, _ = decoded(path)
        assert min(pictures) == 0
        assert len(pictures) > 3


async def test_a_file_that_cannot_be_made_is_told(tmp_path):
    async with composing({}) as (composition, _):
        with pytest.raises(CompositionFailed, match="No such file"):
            await composition.start(Start(url=str(tmp_path / "none" / "x.mp4"), container="mp4", width=320, height=180))


async def test_a_server_that_refuses_is_told(unused_tcp_port):
    async with composing({}) as (composition, _):
        with pytest.raises(CompositionFailed, match="Connection refused"):
            await composition.start(
                Start(url=f"rtmp://127.0.0.1:{unused_tcp_port}/app/key", container="flv", width=320, height=180)
            )


async def test_a_killed_process_is_noticed_and_leaves_a_file_that_plays(tmp_path):
    path = tmp_path / "killed.mp4"
    async with composing(one_stream()) as (composition, _):
        await composition.show([shown("str_a")])
        await composition.start(Start(url=str(path), container="mp4", width=320, height=180, frame_rate=10))
        await grown(path, 60_000)
        os.kill(composition.pid, signal.SIGKILL)
        await composition.ended.wait()
        with pytest.raises(CompositionFailed, match="ended"):
            await composition.stop()
    pictures, sound = decoded(path)
    assert len(pictures) > 10
    assert len(sound) > 48_000


async def test_a_composition_whose_block_ends_finishes_its_file(tmp_path):
    path = tmp_path / "one.mp4"
    async with composing(one_stream()) as (composition, _):
        await composition.show([shown("str_a")])
        await composition.start(Start(url=str(path), container="mp4", width=320, height=180, frame_rate=10))
        await grown(path, 20_000)
    pictures, _ = decoded(path)
    assert len(pictures) > 3
    assert sorted(boxes(path)) == [b"free", b"ftyp", b"mdat", b"moov"], "a plain MP4, without fragments"


async def test_taps_follow_what_is_shown(tmp_path):
    streams = one_stream() | {"str_b": one_stream()["str_a"]}
    async with composing(streams) as (composition, media):
        await composition.show([shown("str_a"), shown("str_b", kinds=("audio",))])
        assert {(tap.uplink_id, tap.kinds) for tap in media.taps.values()} == {
            ("str_a", ("audio", "video")),
            ("str_b", ("audio",)),
        }
        await composition.show([shown("str_b", kinds=("audio",))])
        assert [tap.uplink_id for tap in media.taps.values()] == ["str_b"]
        await composition.show([shown("str_gone")])
        assert not media.taps


async def test_a_stream_without_keyframe_asks_its_publisher(tmp_path):
    streams = {"str_a": [frame for frame in camera(6, lambda _: 100) if not frame.is_keyframe]}
    async with composing(streams) as (composition, media):
        await composition.show([shown("str_a")])
        assert await media.next_keyframe_request() == "str_a"
