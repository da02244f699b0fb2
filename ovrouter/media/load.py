"""How busy this machine's media plane is (warm)."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import trio

__all__ = ["LoadMeter", "resident_bytes"]


class LoadMeter:
    """CPU time this process used between two readings, as a share of all cores."""

    def __init__(self) -> None:
        self._read_at_s = trio.current_time()
        self._used_s = _cpu_time_s()
        self._percent = 0.0

    def percent(self) -> float:
        """0..100; the last value again when asked within a second."""
        now_s, used_s = trio.current_time(), _cpu_time_s()
        elapsed_s = now_s - self._read_at_s
        if elapsed_s >= 1:
            self._percent = min(100.0, 100 * (used_s - self._used_s) / elapsed_s / (os.cpu_count() or 1))
            self._read_at_s, self._used_s = now_s, used_s
        return self._percent


def _cpu_time_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_bytes() -> int:
    """Memory of this process that is in RAM (proc(5), ``statm``)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()
