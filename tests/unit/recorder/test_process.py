"""The recorder as a real process, with taps made of sockets."""

import json
import socket
import sys
from contextlib import ExitStack, asynccontextmanager

import pytest
import trio
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import RtpPacket

from ovrouter.children import open_child
from tests.unit.recorder.media import decoded, pictures, sound

DEADLINE_S = 30
DESCRIPTION = {
    "tap_id": "rec/str_CAM_x",
    "tracks": [
        {"kind": "audio", "ssrc": 1, "formats": [{"payload_type": 111, "codec": "opus", "clock_rate": 48000}]},
        {"kind": "video", "ssrc": 2, "formats": [{"payload_type": 96, "codec": "VP8", "clock_rate": 90000}]},
    ],
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@asynccontextmanager
async def recorder(tmp_path, folder):
    path = str(tmp_path / "taps")
    arguments = [sys.executable, "-m", "ovrouter.recorder", "record", path, str(folder)]
    with trio.fail_after(DEADLINE_S):
        async with open_child(arguments, name="recorder") as child:
            assert await child.receive() == {"event": "listening"}
            child.path = path
            yield child


def packets(tap_id="rec/str_CAM_x"):
    """What a tap says of two seconds of one stream."""
    yield json.dumps(DESCRIPTION | {"tap_id": tap_id}).encode()
    timed = [(frame.pts_us, index, frame) for index, frame in enumerate(pictures() + sound())]
    numbers = {"VP8": 0, "opus": 0}
    for pts_us, _, frame in sorted(timed):
        chunks = [frame.data[start : start + 1100] for start in range(0, len(frame.data), 1100)]
        for index, chunk in enumerate(chunks):
            numbers[frame.codec] += 1
            is_video = frame.codec == "VP8"
            packet = RtpPacket(96 if is_video else 111, index == len(chunks) - 1, numbers[frame.codec])
            packet.timestamp = pts_us * (90 if is_video else 48) // 1000
            packet.ssrc = 2 if is_video else 1
            packet.payload = bytes(VpxPayloadDescriptor(not index, 0)) + chunk if is_video else chunk
            yield packet.serialize()


async def connect(child):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    sock.connect(child.path)
    return sock


async def play(child, **options):
    with await connect(child) as tap:
        for message in packets(**options):
            tap.send(message)


async def until(child, event):
    while True:
        report = await child.receive()
        if report["event"] == event:
            return report


async def test_a_tap_becomes_a_file(tmp_path, folder):
    async with recorder(tmp_path, folder) as child:
        await play(child)
        closed = await until(child, "closed")
    assert closed["name"] == "str_CAM_x.webm"
    times = decoded(folder / "str_CAM_x.webm")
    assert len(times["video"]) == 50
    assert len(times["audio"]) == 100
    assert await child.wait() == 0


async def test_the_same_stream_again_is_another_file(tmp_path, folder):
    async with recorder(tmp_path, folder) as child:
        for expected in ("str_CAM_x.webm", "str_CAM_x-1.webm"):
            await play(child)
            assert (await until(child, "closed"))["name"] == expected


async def test_streams_do_not_disturb_each_other(tmp_path, folder):
    async with recorder(tmp_path, folder) as child:
        with await connect(child) as broken:
            broken.send(b"\x80 nobody understands this")
            for name in ("a", "b"):
                await play(child, tap_id=f"rec/{name}")
            assert {(await until(child, "closed"))["stream_id"] for _ in range(2)} == {"a", "b"}


async def test_the_end_of_input_ends_files(tmp_path, folder):
    with ExitStack() as taps:
        async with recorder(tmp_path, folder) as child:
            tap = taps.enter_context(await connect(child))
            for message in packets():
                tap.send(message)
            await until(child, "opened")
    assert len(decoded(folder / "str_CAM_x.webm")["video"]) == 50


@pytest.mark.parametrize("tap_id", ["rec/..", "", "rec/a.b", "rec/" + "x" * 201])
async def test_an_id_that_is_no_file_name_makes_no_file(tmp_path, folder, tap_id):
    async with recorder(tmp_path, folder) as child:
        await play(child, tap_id=tap_id)
        await play(child)
        await until(child, "closed")
    assert [path.name for path in folder.iterdir()] == ["str_CAM_x.webm"]


async def test_a_folder_that_is_gone_fails_its_streams_and_no_more(tmp_path, folder):
    async with recorder(tmp_path, folder) as child:
        folder.rmdir()
        await play(child)
        failed = await until(child, "failed")
        assert failed["stream_id"] == "str_CAM_x"
        folder.mkdir()
        await play(child)
        await until(child, "closed")
