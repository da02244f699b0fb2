"""Opening, attaching and closing taps on a live plane; what flows through them is tested in the fast path."""

import json
import socket
from contextlib import contextmanager

import pytest

from ovrouter.errors import LinkNotFound, TapRefused
from ovrouter.medianode import OpenTap
from tests.unit.media.test_plane import OFFER, counts, running_plane, uplink

AUDIO_ONLY = OFFER[: OFFER.index("m=video")].replace("a=group:BUNDLE 0 1", "a=group:BUNDLE 0")


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "taps")


@pytest.fixture
def listener(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as sock:
        sock.bind(path)
        sock.listen()
        sock.setblocking(False)
        yield sock


@contextmanager
def accepted(listener):
    sock, _ = listener.accept()
    with sock:
        sock.setblocking(False)
        yield sock


async def test_the_consumer_gets_a_description_of_the_tracks(listener, path):
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        await plane.open_tap(OpenTap("t", "up", path))
        with accepted(listener) as consumer:
            described = json.loads(consumer.recv(65536))
        assert described["tap_id"] == "t"
        assert [track["kind"] for track in described["tracks"]] == ["audio", "video"]
        audio, video = described["tracks"]
        assert audio["formats"][0] | {"fmtp": ""} == {
            "payload_type": 111, "codec": "opus", "clock_rate": 48000, "channels": 2, "fmtp": "",
        }  # fmt: skip
        assert "VP8" in {each["codec"] for each in video["formats"]}
        assert counts(plane) == (2, 2, 2)


async def test_only_the_wanted_kinds_are_tapped(listener, path):
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        await plane.open_tap(OpenTap("t", "up", path, kinds=("audio",)))
        assert counts(plane) == (2, 2, 1)


async def test_closing_a_tap_ends_its_connection_and_nothing_else(listener, path):
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        await plane.open_tap(OpenTap("t", "up", path))
        with accepted(listener) as consumer:
            consumer.recv(65536)
            await plane.close_tap("t")
            await plane.close_tap("t")
            assert consumer.recv(65536) == b""
        assert counts(plane) == (1, 2, 0)


async def test_a_tap_ends_with_its_uplink(listener, path):
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        await plane.open_tap(OpenTap("t", "up", path))
        with accepted(listener) as consumer:
            consumer.recv(65536)
            await plane.close_link("up")
            assert consumer.recv(65536) == b""
        await plane.close_tap("t")
        assert counts(plane) == (0, 0, 0)


async def test_opening_an_open_tap_replaces_it(listener, path):
    async with running_plane() as plane:
        await plane.open_uplink(uplink())
        for _ in range(2):
            await plane.open_tap(OpenTap("t", "up", path))
        assert counts(plane) == (2, 2, 2)


async def test_publishing_again_describes_the_tracks_again_and_takes_new_ones(listener, path):
    async with running_plane() as plane:
        await plane.open_uplink(uplink(offer=AUDIO_ONLY))
        await plane.open_tap(OpenTap("t", "up", path))
        assert counts(plane) == (2, 1, 1)
        await plane.open_uplink(uplink())
        assert counts(plane) == (2, 2, 2)
        with accepted(listener) as consumer:
            kinds = [[track["kind"] for track in json.loads(consumer.recv(65536))["tracks"]] for _ in range(2)]
        assert kinds == [["audio"], ["audio", "video"]]


async def test_a_tap_of_nothing_or_for_nobody_is_refused(listener, path):
    async with running_plane() as plane:
        with pytest.raises(LinkNotFound):
            await plane.open_tap(OpenTap("t", "up", path))
        await plane.open_uplink(uplink())
        with pytest.raises(TapRefused, match="No such file"):
            await plane.open_tap(OpenTap("t", "up", path + "-elsewhere"))
        assert counts(plane) == (1, 2, 0)


async def test_a_keyframe_can_be_asked_for_whatever_is_published(listener, path):
    async with running_plane() as plane:
        await plane.request_keyframe("up")
        await plane.open_uplink(uplink(offer=AUDIO_ONLY))
        await plane.request_keyframe("up")
        await plane.open_uplink(uplink())
        await plane.request_keyframe("up")
