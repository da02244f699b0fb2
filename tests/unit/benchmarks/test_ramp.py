"""The search for the highest load finds the limit of a router that has one."""

from __future__ import annotations

import pytest

from benchmarks.ramp import Ramp


def search(ramp: Ramp, limit: float) -> list[float]:
    """Run *ramp* against a router that is loss-free up to *limit*; returns the loads tried."""
    tried = []
    while (load := ramp.next_load) is not None:
        tried.append(load)
        ramp.record(load, loss_free=load <= limit)
        assert len(tried) < 100
    return tried


@pytest.mark.parametrize("limit", [1, 1.5, 7, 8, 100, 255])
@pytest.mark.parametrize("first", [0.5, 1, 4])
def test_finds_the_limit_within_its_resolution(limit: float, first: float) -> None:
    ramp = Ramp(first=first)
    search(ramp, limit)
    assert ramp.good <= limit < ramp.failed
    assert ramp.failed <= ramp.good * ramp.resolution


def test_stops_at_the_highest_load_worth_trying() -> None:
    ramp = Ramp(highest=64)
    assert search(ramp, limit=1000) == [1, 2, 4, 8, 16, 32, 64]
    assert ramp.good == 64


def test_gives_up_where_even_little_is_too_much() -> None:
    ramp = Ramp()
    search(ramp, limit=0)
    assert ramp.good == 0
    assert ramp.failed == ramp.lowest


def test_one_failure_is_not_believed() -> None:
    ramp = Ramp()
    ramp.record(1, loss_free=False)
    assert ramp.next_load == 1
    ramp.record(1, loss_free=True)
    assert ramp.next_load == 2
