"""Cameras in a call: ``python -m benchmarks.cameras`` publishes clips as they are, again and again (warm).

Each line of its standard input is ``TOKEN CLIP``; an empty line ends them. It says ``publishing`` when all are, and
goes on until its standard input ends. Nothing is encoded here, so that a machine with few cores can have several.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path

import av
import trio
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av.packet import Packet

from benchmarks.routers.contract import RouterFailed
from tests.interop.client import Client

__all__ = ["CLIP_S", "make_clip", "open_cameras", "packets_again_and_again", "ping"]

CLIP_S = 4
"""Each round of a clip begins with its only key frame: a camera that nobody asks sends few."""
START_TIMEOUT_S = 60
PING_S = 30
_KINDS = ("audio", "video")


def make_clip(path: Path, number: int) -> None:
    """A clip of 640x480 at 30 frames/s, 1.5 Mbit/s of VP8, with much motion and a tone of its own in Opus."""
    inputs = f"-f lavfi -i testsrc2=s=640x480:r=30 -f lavfi -i sine={300 + 100 * number}:r=48000"
    video = f"-c:v libvpx -threads 1 -deadline realtime -cpu-used 8 -b:v 1500k -g {CLIP_S * 30}"
    command = f"ffmpeg -v error -y {inputs} -t {CLIP_S} {video} -c:a libopus -ac 2 {path}"
    subprocess.run(command.split(), check=True)


@asynccontextmanager
async def open_cameras(tokens: Sequence[str], clips: Sequence[Path]) -> AsyncIterator[None]:
    """Publish *clips*, one with each of *tokens*, from a process of their own.

    Raises RouterFailed, trio.TooSlowError.
    """
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", "benchmarks.cameras"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    lines = "".join(f"{token} {clip}\n" for token, clip in zip(tokens, clips, strict=True))
    try:
        with trio.fail_after(START_TIMEOUT_S):
            await process.stdin.send_all(f"{lines}\n".encode())
            if not await process.stdout.receive_some():
                raise RouterFailed("the cameras cannot publish")
        yield
    finally:
        with trio.CancelScope(shield=True):
            process.terminate()
            await process.wait()


class _ClipTrack(MediaStreamTrack):
    """The packets of one kind in a clip, at the pace of their times, without end."""

    def __init__(self, path: str, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._packets = packets_again_and_again(path, kind)
        self._began_s = time.monotonic()

    async def recv(self) -> Packet:
        packet = next(self._packets)
        await asyncio.sleep(self._began_s + float(packet.pts * packet.time_base) - time.monotonic())
        if self.readyState != "live":
            raise MediaStreamError
        return packet


def packets_again_and_again(path: str, kind: str) -> Iterator[Packet]:
    """The packets of the clip's *kind*, round after round, their times going on; none of them twice."""
    for round_ in count():
        with av.open(path) as container:
            stream = next(stream for stream in container.streams if stream.type == kind)
            for packet in container.demux(stream):
                if packet.size and (packet.pts + packet.duration / 2) * packet.time_base <= CLIP_S:
                    packet.pts += round(round_ * CLIP_S / packet.time_base)
                    yield packet


async def _publish(lines: Sequence[str]) -> None:
    clients = []
    async with AsyncExitStack() as stack:
        for line in lines:
            token, clip = line.split()
            clients.append(await stack.enter_async_context(Client(token)))
            await clients[-1].publish(*(_ClipTrack(clip, kind) for kind in _KINDS))
        print("publishing", flush=True)
        pinging = asyncio.create_task(ping(clients, PING_S))
        await asyncio.to_thread(sys.stdin.read)
        pinging.cancel()


async def ping(clients: Sequence[Client], interval_s: float) -> None:
    """Stay in the call until cancelled: who is silent for three minutes is taken for gone."""
    while True:
        await asyncio.sleep(interval_s)
        await asyncio.gather(*(client.call("ping") for client in clients))


if __name__ == "__main__":
    asyncio.run(_publish(list(iter(lambda: sys.stdin.readline().strip(), ""))))
