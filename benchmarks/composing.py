"""What a composed recording costs, beside a browser on a virtual display that ffmpeg grabs (warm)."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import av
import numpy as np
import trio

from benchmarks.browser_recorder import open_browser_recorder
from benchmarks.cameras import make_clip, open_cameras
from benchmarks.measure import process_tree, proportional_bytes, read_process
from benchmarks.results import keep
from benchmarks.routers.openvidu import OpenViduRouter
from benchmarks.routers.openvidu_client import OpenViduRest, open_rest
from benchmarks.routers.ovrouter import open_ovrouter

__all__ = ["SUMMARY", "add_arguments", "run_command"]

SUMMARY = "CPU time and memory of composed recordings, beside Chromium under Xvfb with ffmpeg"
CAMERAS = 4
SIZE, FRAME_RATE = (1280, 720), 25
WARM_UP_S = 6
MOVED = 24
"""Steps of brightness of the pixel that changed most; less is noise of the encoder."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one recording."""

    cpu_percent: float
    """Of a core: all processes that make the recording."""
    router_cpu_percent: float
    """What the router used more than without a recording."""
    memory_mib: float
    """Proportional set size of those processes."""
    moving_pictures_per_s: float
    """Pictures of the file that differ from the one before; fewer than the frame rate: it could not keep up."""
    kbit_per_s: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long each recording is watched")
    parser.add_argument("--preset", default="ultrafast", help="of libx264 in ffmpeg; the last OpenVidu 2 has veryfast")


def run_command(options: argparse.Namespace) -> int:
    """Measure in turns, print medians as JSON."""
    composer, browser = trio.run(_measure, options.rounds, options.seconds, options.preset)
    ratios = {field.name: getattr(composer, field.name) / getattr(browser, field.name) for field in fields(Cost)[:3]}
    result = {"composer": asdict(composer), "browser_and_ffmpeg": asdict(browser), "composer_to_browser": ratios}
    keep("composing", result)
    return 0


async def _measure(rounds: int, seconds: float, preset: str) -> tuple[Cost, Cost]:
    with tempfile.TemporaryDirectory(prefix="ovrouter-composing-") as name:
        async with _open_call(Path(name)) as call:
            composer, browser = [], []
            for number in range(rounds):
                composer.append(await call.measure_composer(seconds))
                browser.append(await call.measure_browser(Path(name, f"browser{number}"), seconds, preset))
    return _median(composer), _median(browser)


def _median(costs: Sequence[Cost]) -> Cost:
    rows = [asdict(cost) for cost in costs]
    return Cost(**{name: round(statistics.median(row[name] for row in rows), 2) for name in rows[0]})


@asynccontextmanager
async def _open_call(folder: Path) -> AsyncIterator[_Call]:
    clips = [folder / f"camera{number}.webm" for number in range(CAMERAS)]
    for number, clip in enumerate(clips):
        await trio.to_thread.run_sync(make_clip, clip, number)
    settings = {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(folder)}
    async with open_ovrouter(settings, None) as router, open_rest(router.url, router.secret) as rest:
        session = await rest.create_session()
        tokens = [await rest.create_token(session, "PUBLISHER", is_recorded=True) for _ in clips]
        async with open_cameras(tokens, clips):
            yield _Call(router, rest, session, folder)


@dataclass(frozen=True, slots=True)
class _Call:
    router: OpenViduRouter
    rest: OpenViduRest
    session: str
    folder: Path

    async def measure_composer(self, seconds: float) -> Cost:
        idle_percent = await self._router_percent(seconds)
        size = "x".join(map(str, SIZE))
        recording = await self.rest.start_recording(
            self.session, outputMode="COMPOSED", resolution=size, frameRate=FRAME_RATE
        )
        children = [pid for pid in process_tree(self._router_pid) if pid != self._router_pid]
        costs = await self._watch(children, idle_percent, seconds)
        await self.rest.stop_recording(recording)
        return Cost(*costs, *_facts(next((self.folder / recording).glob("*.mp4"))))

    async def measure_browser(self, folder: Path, seconds: float, preset: str) -> Cost:
        idle_percent = await self._router_percent(seconds)
        await trio.Path(folder).mkdir()
        file = folder / "browser.mp4"
        token = await self.rest.create_token(self.session, "SUBSCRIBER")
        async with open_browser_recorder(token, file, SIZE, FRAME_RATE, preset) as roots:
            costs = await self._watch([pid for root in roots for pid in process_tree(root)], idle_percent, seconds)
        return Cost(*costs, *_facts(file))

    async def _router_percent(self, seconds: float) -> float:
        before_s = read_process(self._router_pid).cpu_s
        await trio.sleep(seconds)
        return 100 * (read_process(self._router_pid).cpu_s - before_s) / seconds

    async def _watch(self, pids: Sequence[int], idle_percent: float, seconds: float) -> tuple[float, float, float]:
        await trio.sleep(WARM_UP_S)
        before_s = _cpu_s(pids)
        router_percent = await self._router_percent(seconds)
        cpu_percent = 100 * (_cpu_s(pids) - before_s) / seconds
        memory_mib = sum(map(proportional_bytes, pids)) / 2**20
        return cpu_percent, router_percent - idle_percent, memory_mib

    @property
    def _router_pid(self) -> int:
        assert self.router.pid is not None
        return self.router.pid


def _cpu_s(pids: Sequence[int]) -> float:
    return sum(read_process(pid).cpu_s for pid in pids)


def _facts(path: Path) -> tuple[float, float]:
    """How many pictures a second differ from the one before, and the bit rate in kbit/s."""
    moving, last = 0, None
    with av.open(str(path)) as container:
        seconds = (container.duration or 1) / 1e6
        for frame in container.decode(video=0):
            picture = frame.to_ndarray()[: frame.height : 4, ::4].astype(int)
            moving += last is None or bool(np.abs(picture - last).max() > MOVED)
            last = picture
    return moving / seconds, path.stat().st_size * 8 / seconds / 1000
