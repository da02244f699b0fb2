"""The share of the machine that this process used."""

import pytest
import trio

from ovrouter.media import load
from ovrouter.media.load import LoadMeter


@pytest.fixture
def used_s(monkeypatch):
    """The CPU time used, for a machine of two cores; change its only element."""
    used = [10.0]
    monkeypatch.setattr(load, "_cpu_time_s", lambda: used[0])
    monkeypatch.setattr(load.os, "cpu_count", lambda: 2)
    return used


async def test_share_of_all_cores_since_the_last_reading(used_s, autojump_clock):
    meter = LoadMeter()
    assert meter.percent() == 0
    for more_s, percent in ((1.0, 25.0), (4.0, 100.0), (0.0, 0.0), (5.0, 100.0)):
        used_s[0] += more_s
        await trio.sleep(2)
        assert meter.percent() == percent


async def test_asked_again_within_a_second_the_last_value_stands(used_s, autojump_clock):
    meter = LoadMeter()
    used_s[0] += 1
    await trio.sleep(1)
    assert meter.percent() == 50
    used_s[0] += 1
    await trio.sleep(0.5)
    assert meter.percent() == 50
    await trio.sleep(0.5)
    assert meter.percent() == 50
    await trio.sleep(1)
    assert meter.percent() == 0
