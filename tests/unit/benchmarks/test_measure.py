"""Readings of processes and of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.measure import children_of_thread, core_busy_s, process_tree, proportional_bytes, read_process
from benchmarks.step import percentile

BUSY = """
import sys, time
while time.process_time() < 0.2: pass
print(time.process_time(), flush=True)
sys.stdin.read()
"""


def test_cpu_time_is_what_the_process_says_of_itself() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as busy:
        said_s = float(busy.stdout.readline())
        reading = read_process(busy.pid)
        busy.stdin.close()
    assert reading.cpu_s == pytest.approx(said_s, abs=0.03)
    assert reading.cpu_s == pytest.approx(sum(reading.threads.values()))
    assert 1_000_000 < reading.rss_bytes < 10_000_000_000


def test_a_thread_that_ends_while_it_is_read_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lives = str(os.getpid())
    monkeypatch.setattr(Path, "iterdir", lambda threads: iter([threads / "ended", threads / lives]))
    assert [name.rpartition("/")[2] for name in read_process(os.getpid()).threads] == [lives]


def test_a_process_that_has_gone() -> None:
    with pytest.raises(FileNotFoundError):
        read_process(2**22 + 1)


def test_a_tree_has_the_children_of_children() -> None:
    with subprocess.Popen(["sh", "-c", "cat; true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        shell.stdin.write(b"the child runs\n")
        shell.stdin.flush()
        shell.stdout.readline()
        top, below, *rest = process_tree(shell.pid)
        shell.stdin.close()
    assert (top, rest) == (shell.pid, [])
    assert below > shell.pid


def test_a_thread_that_has_just_ended_has_no_children(tmp_path: Path) -> None:
    assert children_of_thread(tmp_path / "4711") == []


def test_shared_memory_counts_for_a_part() -> None:
    assert 0 < proportional_bytes(os.getpid()) <= read_process(os.getpid()).rss_bytes


def test_a_core_is_busy_for_less_than_it_has_existed() -> None:
    assert 0 < core_busy_s(0) < time.clock_gettime(time.CLOCK_BOOTTIME) + 1
    with pytest.raises(ValueError, match="no core 9999"):
        core_busy_s(9999)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, 0), ([3], 99, 3), ([1, 2, 3, 4], 50, 2), (list(range(1, 101)), 99, 99), ([5, 1], 100, 5)],
)
def test_percentile(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected
