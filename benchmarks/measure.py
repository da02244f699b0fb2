"""Readings of processes and cores from /proc (warm: reads files, decides nothing)."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ProcessReading", "children_of_thread", "core_busy_s", "process_tree", "proportional_bytes", "read_process"]

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_IDLE, _IOWAIT = 3, 4


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """CPU time and memory of one process at one moment."""

    cpu_s: float
    threads: dict[str, float]
    """CPU seconds of each thread by ``name/id``."""
    rss_bytes: int


def read_process(pid: int) -> ProcessReading:
    """Read process *pid*. Raises FileNotFoundError if it has gone."""
    threads = {}
    for task in sorted(Path(f"/proc/{pid}/task").iterdir()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is read
            name = (task / "comm").read_text().strip()
            threads[f"{name}/{task.name}"] = _cpu_s(task)
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return ProcessReading(sum(threads.values()), threads, pages * _PAGE_BYTES)


def process_tree(pid: int) -> list[int]:
    """Return *pid* and all processes below it, whichever thread began them."""
    below = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in children_of_thread(task)]
    return [pid, *(found for child in below for found in process_tree(child))]


def proportional_bytes(pid: int) -> int:
    """Return the proportional set size of process *pid*: memory that several share is counted once in all."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def core_busy_s(core: int) -> float:
    """Return the seconds that *core* has not been idle since boot, interrupts included."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            # guest time (the last two) is counted in user time already
            ticks = [int(value) for value in fields[:8]]
            return (sum(ticks) - ticks[_IDLE] - ticks[_IOWAIT]) / _TICKS_PER_S
    raise ValueError(f"there is no core {core}")


def children_of_thread(task: Path) -> list[int]:
    """Return the processes that */proc/PID/task/TID* began; none if that thread has just ended."""
    try:
        return [int(child) for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _cpu_s(task: Path) -> float:
    try:
        # Nanoseconds; stat counts in ticks of 10 ms.
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
