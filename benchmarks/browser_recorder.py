"""How OpenVidu 2 records a grid: a browser joins, and ffmpeg grabs its display and its sound (warm).

The command lines are those of OpenVidu's recording container (Xvfb, PulseAudio, Chrome, ffmpeg), but for what a
machine without its containers needs.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import trio

__all__ = ["open_browser_recorder"]

PAGE = Path(__file__).with_name("grid.html")
DISPLAY = ":97"
START_S = 8
"""For the browser, until it shows all streams."""
STOP_S = 10
BROWSER = (
    "chromium --kiosk --start-maximized --test-type --no-sandbox --disable-infobars --disable-gpu"
    " --disable-popup-blocking --window-position=0,0 --no-first-run --disable-features=Translate"
    " --ignore-certificate-errors --disable-dev-shm-usage --autoplay-policy=no-user-gesture-required --disable-sync"
    " --no-default-browser-check --disable-component-update --disable-background-networking --disable-default-apps"
)
SOUND = "pulseaudio -n --daemonize=no --exit-idle-time=-1 --load=module-null-sink"
GRAB = "ffmpeg -y -f alsa -i pulse -f x11grab -draw_mouse 0"
CODING = "-c:a aac -c:v libx264 -crf 28 -refs 4 -qmin 4 -pix_fmt yuv420p"


@asynccontextmanager
async def open_browser_recorder(
    token: str, file: Path, size: tuple[int, int], frame_rate: int, preset: str
) -> AsyncIterator[list[int]]:
    """Record the call of *token* to *file* for the length of the block; the ids of the processes at the top."""
    home = file.parent
    env = {"DISPLAY": DISPLAY, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "PATH": "/usr/bin:/bin"}
    env["PULSE_SERVER"] = f"unix:{home}/pulse.socket"
    width, height = size
    commands = [
        f"Xvfb {DISPLAY} -ac -screen 0 {width}x{height}x24 -noreset",
        f"{SOUND} --load='module-native-protocol-unix socket={home}/pulse.socket'",
        f"{BROWSER} --window-size={width},{height} --user-data-dir={home}/profile {PAGE.as_uri()}#{quote(token, '')}",
        f"{GRAB} -framerate {frame_rate} -video_size {width}x{height} -i {DISPLAY} {CODING} -preset {preset} {file}",
    ]
    running: list[trio.Process] = []
    try:
        for command, starting_s in zip(commands, (1, 1, START_S, 1), strict=True):
            running.append(await _start(shlex.split(command), env))
            await trio.sleep(starting_s)
        yield [process.pid for process in running]
    finally:
        for process in reversed(running):
            await _stop(process)


async def _start(words: list[str], env: dict[str, str]) -> trio.Process:
    nowhere = subprocess.DEVNULL
    return await trio.lowlevel.open_process(words, env=env, stdin=nowhere, stdout=nowhere, stderr=nowhere)


async def _stop(process: trio.Process) -> None:
    with trio.CancelScope(shield=True, deadline=trio.current_time() + STOP_S) as scope:
        process.terminate()
        await process.wait()
    if scope.cancelled_caught:
        process.kill()
