"""What a composed recording costs, beside a browser on a virtual display that ffmpeg grabs.

``python -m benchmarks.composing [SECONDS]`` makes four cameras (VP8, 640x480, 30 frames/s, Opus), and composes them to
1280x720 at 25 frames/s, H.264 and AAC, in two ways:

* by ovrouter's composer process, which gets RTP over taps;
* by headless Chromium under Xvfb, which plays the very same streams as files in a grid (without the costs of receiving
  them over WebRTC), and ffmpeg, which grabs the display as OpenVidu's recorder does (x11grab, libx264 ultrafast, crf
  28).

CPU is that of all processes of each way, memory their proportional set size at the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import trio

from ovrouter.compose.composition import open_composition
from ovrouter.compose.orders import Start
from ovrouter.compose.scene import ShownStream
from ovrouter.depacketize import MediaFrame
from ovrouter.medianode import OpenUplink
from tests.unit.compose.taps import PlayingMediaNode

CAMERAS = 4
WIDTH, HEIGHT, FRAME_RATE = 1280, 720, 25
CLIP_S = 6
WARM_UP_S = 5
DISPLAY = ":97"
CODECS = {"vp8": "VP8", "opus": "opus"}


def make_camera(path: Path, number: int) -> None:
    """A clip with much motion and a tone of its own."""
    inputs = f"-f lavfi -i testsrc2=s=640x480:r=30 -f lavfi -i sine={300 + 100 * number}:r=48000"
    coding = "-c:v libvpx -threads 1 -deadline realtime -cpu-used 8 -b:v 1M -g 300 -c:a libopus"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *inputs.split(), "-t", str(CLIP_S), *coding.split(), str(path)], check=True
    )


def frames_of(path: Path) -> list[MediaFrame]:
    """As a tap's reader would give them."""
    with av.open(str(path)) as container:
        return [
            MediaFrame(
                CODECS[packet.stream.codec_context.codec.canonical_name],
                bytes(packet),
                max(0, int(packet.pts * packet.time_base * 1_000_000)),
                packet.is_keyframe,
            )
            for packet in container.demux()
            if packet.size and packet.pts is not None
        ]


def tree(pid: int) -> list[int]:
    """*pid* and all processes below it, whichever thread began them."""
    lists = (task / "children" for task in Path(f"/proc/{pid}/task").iterdir())
    return [pid, *(below for children in lists for child in children.read_text().split() for below in tree(int(child)))]


def cpu_s(pids: list[int]) -> float:
    """User and system time so far (proc(5))."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100


def memory_mib(pids: list[int]) -> float:
    """Proportional set size: shared pages are counted once in all."""
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


async def measured(roots: list[int], seconds: float) -> dict[str, float]:
    """CPU and memory of process trees over some seconds."""
    await trio.sleep(WARM_UP_S)
    pids = [pid for root in roots for pid in tree(root)]
    before, began = cpu_s(pids), trio.current_time()
    await trio.sleep(seconds)
    used = (cpu_s(pids) - before) / (trio.current_time() - began)
    return {"cpu_percent_of_a_core": round(100 * used, 1), "memory_mib": round(memory_mib(pids), 1)}


async def measure_composer(clips: list[Path], folder: Path, seconds: float) -> dict[str, float]:
    """Ours."""
    async with trio.open_nursery() as nursery:
        media = PlayingMediaNode(nursery)
        shown = []
        for number, clip in enumerate(clips):
            id_ = f"str_{number}"
            media.streams[id_] = frames_of(clip)
            await media.open_uplink(OpenUplink(id_, "ses", "con", "sdp"))
            shown.append(ShownStream(id_, f"Camera {number}", False, True, ("audio", "video")))
        async with open_composition(media, "composer") as composition:
            await composition.show(shown)
            file = str(folder / "composer.mp4")
            await composition.start(Start(file, "mp4", WIDTH, HEIGHT, FRAME_RATE))
            result = await measured([composition.pid], seconds)
            await composition.stop()
        nursery.cancel_scope.cancel()
    return result | file_facts(Path(file))


def page(clips: list[Path]) -> str:
    """A grid like that of OpenVidu's layout page."""
    videos = "".join(f'<video src="{clip.name}" autoplay loop></video>' for clip in clips)
    style = "body{margin:0;background:#000;display:grid;grid-template:1fr 1fr/1fr 1fr;width:100vw;height:100vh}"
    return f"<style>{style} video{{width:100%;height:100%;object-fit:cover;min-height:0}}</style>{videos}"


@contextmanager
def process(*command: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run something for the length of a ``with`` block."""
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield started
    finally:
        started.terminate()
        started.wait()


async def measure_browser(clips: list[Path], folder: Path, seconds: float) -> dict[str, float]:
    """Chromium, Xvfb and ffmpeg."""
    (folder / "grid.html").write_text(page(clips))
    file = folder / "browser.mp4"
    env = {"DISPLAY": DISPLAY, "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    browser = (
        "chromium",
        "--no-sandbox",
        f"--window-size={WIDTH},{HEIGHT}",
        "--kiosk",
        "--no-first-run",
        f"--user-data-dir={folder}/profile",
    )
    browser += ("--autoplay-policy=no-user-gesture-required", "--disable-gpu", f"file://{folder}/grid.html")
    grab = f"ffmpeg -y -f x11grab -draw_mouse 0 -framerate {FRAME_RATE} -video_size {WIDTH}x{HEIGHT} -i {DISPLAY}"
    coding = f"-f lavfi -i anullsrc=r=48000 -c:a aac -c:v libx264 -preset ultrafast -crf 28 -pix_fmt yuv420p {file}"
    async with AsyncExitStack() as stack:
        start = partial(_entered, stack)
        display = start("Xvfb", DISPLAY, "-screen", "0", f"{WIDTH}x{HEIGHT}x24")
        await trio.sleep(2)
        chromium = start(*browser, env=env)
        await trio.sleep(8)
        recorder = start(*grab.split(), *coding.split(), env=env, stdin=subprocess.DEVNULL)
        result = await measured([display.pid, chromium.pid, recorder.pid], seconds)
    return result | file_facts(file)


def _entered(stack: AsyncExitStack, *command: str, **options: Any) -> subprocess.Popen[bytes]:
    return stack.enter_context(process(*command, **options))


def file_facts(path: Path) -> dict[str, float]:
    """How many pictures a second differ from the one before, and the bit rate."""
    pictures, last = 0, None
    with av.open(str(path)) as container:
        seconds = (container.duration or 1) / 1e6
        for frame in container.decode(video=0):
            picture = frame.to_ndarray()[: frame.height : 4, ::4].astype(int)
            pictures += last is None or bool(np.abs(picture - last).max() > 24)
            last = picture
    rate = path.stat().st_size * 8 / seconds / 1000
    return {"moving_pictures_per_s": round(pictures / seconds, 1), "kbit_per_s": round(rate)}


async def main(seconds: float) -> None:
    """Measure both, one after the other, and print JSON."""
    with tempfile.TemporaryDirectory(prefix="ovrouter-composing-") as name:
        folder = Path(name)
        clips = [folder / f"camera{number}.webm" for number in range(CAMERAS)]
        for number, clip in enumerate(clips):
            make_camera(clip, number)
        ours = await measure_composer(clips, folder, seconds)
        browser = await measure_browser(clips, folder, seconds)
    ratios = {key: round(ours[key] / browser[key], 3) for key in ("cpu_percent_of_a_core", "memory_mib")}
    print(json.dumps({"composer": ours, "browser_and_ffmpeg": browser, "composer_to_browser": ratios}, indent=2))


if __name__ == "__main__":
    trio.run(main, float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
