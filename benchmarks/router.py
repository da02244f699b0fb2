"""The router under test as a child process on a core of its own (warm)."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

__all__ = ["RouterFailed", "RunningRouter", "open_child_router"]

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0

_IP = "127.0.0.1"
_SETTINGS = {
    "OVROUTER_WORKERS": "1",
    "OVROUTER_MEDIA_IP": _IP,
    "OVROUTER_MEDIA_PORT": "0",
    "OVROUTER_LISTEN_IP": _IP,
    "OVROUTER_LOG_LEVEL": "WARNING",
    "DOMAIN_OR_PUBLIC_IP": _IP,
    "HTTPS_PORT": "0",
    # The load is what several publishers send, so the limits meant for one would cut it.
    "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH": "0",
    "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH": "0",
    "OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH": "0",
    "OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH": "0",
}


class RouterFailed(Exception):
    """The router did not start."""


@dataclass(frozen=True, slots=True)
class RunningRouter:
    """A router to be measured."""

    url: str
    secret: str
    pid: int | None
    """None: on another machine, so its CPU time and memory are not ours to read."""


@asynccontextmanager
async def open_child_router(core: int, overrides: Sequence[str]) -> AsyncIterator[RunningRouter]:
    """Run ``ovrouter serve`` pinned to *core*; *overrides* are further ``NAME=VALUE`` settings."""
    with tempfile.TemporaryDirectory(prefix="ovrouter-bench-") as folder:
        secret = secrets.token_hex(16)
        settings = _SETTINGS | {"OVROUTER_DATA_DIR": folder, "OPENVIDU_SECRET": secret}
        settings |= dict(override.split("=", 1) for override in overrides)
        log_path = Path(folder, "router.log")
        process = await _start(settings, log_path)
        os.sched_setaffinity(process.pid, {core})
        try:
            line = await _first_line(process)
            if not line.startswith("ready https://"):
                raise RouterFailed(f"ovrouter serve said {line!r} and logged:\n{_read(log_path)}")
            yield RunningRouter(line.split()[1], secret, process.pid)
        finally:
            await _stop(process)


async def _start(settings: dict[str, str], log_path: Path) -> trio.Process:
    command = [sys.executable, "-m", "ovrouter", "serve"]
    command += [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    with log_path.open("wb") as log:
        return await trio.lowlevel.open_process(command, stdout=subprocess.PIPE, stderr=log)


def _read(path: Path) -> str:
    return path.read_text()


async def _first_line(process: trio.Process) -> str:
    """Return what the router prints first; whatever there is if it ends or hangs."""
    text = ""
    with trio.move_on_after(START_TIMEOUT_S):
        while "\n" not in text:
            chunk = await process.stdout.receive_some() if process.stdout else b""
            if not chunk:
                break
            text += chunk.decode()
    return text


async def _stop(process: trio.Process) -> None:
    with trio.CancelScope(shield=True, deadline=trio.current_time() + STOP_TIMEOUT_S) as scope:
        process.terminate()
        await process.wait()
    if scope.cancelled_caught:
        process.kill()
