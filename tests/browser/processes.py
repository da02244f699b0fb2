"""The processes behind a router, as the system shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import children_of_thread

__all__ = ["PAGE_BROWSER", "command_of", "descendants", "is_running", "wait_until_gone"]

PAGE_BROWSER = "--remote-debugging-pipe"
"""What the command of a CUSTOM layout's browser has in it, whatever browser the machine has."""


def descendants(pid: int) -> list[int]:
    """Children of *pid*, their children, and so on; parents first."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return []
    children = [child for task in tasks for child in children_of_thread(task)]
    return [found for child in children for found in (child, *descendants(child))]


def command_of(pid: int) -> str:
    """What it was started as; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


REAPED_S = 60
"""How long init may take; what runs no more is its business."""


def wait_until_gone(pids: list[int], timeout_s: float) -> None:
    """Assert that none of *pids* runs after *timeout_s*; return when they are reaped by whoever they were left to."""
    _wait_while(is_running, pids, timeout_s)
    _wait_while(lambda pid: Path(f"/proc/{pid}").exists(), pids, REAPED_S)


def _wait_while(condition: Callable[[int], bool], pids: list[int], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while left := [pid for pid in pids if condition(pid)]:
        assert time.monotonic() < deadline, [command_of(pid) for pid in left]
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """A zombie is not; whoever it was left to reaps it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
