"""Readings of this very process and machine."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from benchmarks.measure import core_busy_s, process_tree, proportional_bytes, read_process
from benchmarks.step import percentile


def test_cpu_time_is_what_the_process_says_of_itself() -> None:
    before_s, before = time.process_time(), read_process(os.getpid())
    while time.process_time() - before_s < 0.05:
        pass
    reading = read_process(os.getpid())
    assert reading.cpu_s - before.cpu_s == pytest.approx(time.process_time() - before_s, abs=0.03)
    assert reading.cpu_s == pytest.approx(sum(reading.threads.values()))
    assert 1_000_000 < reading.rss_bytes < 10_000_000_000


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
