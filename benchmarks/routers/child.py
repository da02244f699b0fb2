"""A router as a child process on a core of its own (warm)."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from benchmarks.routers.contract import RouterFailed

__all__ = ["START_TIMEOUT_S", "debian_version", "open_child", "ready_url"]

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0


@asynccontextmanager
async def open_child(command: Sequence[str], core: int | None, log_path: Path) -> AsyncIterator[trio.Process]:
    """Run *command* pinned to *core* from its first instruction: a runtime counts the cores it may use when it starts.

    None leaves it, and the children it starts, all cores.
    Its output is ``process.stdout``, its errors go to *log_path*.
    """
    pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
    with log_path.open("wb") as log:
        process = await trio.lowlevel.open_process([*pinned, *command], stdout=subprocess.PIPE, stderr=log)
    try:
        yield process
    finally:
        await _stop(process)


async def ready_url(process: trio.Process, log_path: Path) -> str:
    """Return the URL of the line ``ready URL`` that *process* prints first. Raises RouterFailed."""
    line = await _first_line(process)
    word, _, url = line.strip().partition(" ")
    if word != "ready":
        with trio.move_on_after(STOP_TIMEOUT_S):
            await process.wait()  # it may not have written yet what it ends of
        logged = await trio.Path(log_path).read_text()
        raise RouterFailed(f"the router said {line!r} and logged:\n{logged}")
    return url


def debian_version(package: str) -> str:
    """Return the version of an installed Debian package, empty if there is none."""
    command = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


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
