"""Goals take their figures from where the commands put them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.goals import GOALS, goals_table
from benchmarks.room import Shape
from benchmarks.scenario import Case, CaseResult, RouterResult
from tests.unit.benchmarks.results import FLOOR, STEP

VARIABLE = {"utilisation": 0.93, "queueing_p95_ms": 30.0, "drop_answered_s": 0.5}
MEASURED: dict[str, Any] = {
    "workers": {"ratio": 1.9},
    "scorecard": {"emulated": {"5.1": VARIABLE}, "real": {"5.1": {**VARIABLE, "queueing_p95_ms": 70.0}}},
    "first_frame": {"median_ms": 223.4},
    "rest": {"share_of_floor": {"get_session": 0.93, "post_session": 0.77}, "listing_cpu_ms": 49.0},
    "listing": {"listing_p99 / quiet_p99": 1.01},
    "sockets": {"bytes_per_socket": 65536, "core_busy": 0.10, "pings_per_s": 200},
    "joins": {"joins_per_s": {"100": 26.0}},
    "composing": {"composer_to_browser": {"cpu_percent": 0.5, "memory_mib": 0.27}},
    "recording": {mode: {"p99 / p99 not recorded": 1.02} for mode in ("INDIVIDUAL", "COMPOSED")},
}


def routers() -> list[RouterResult]:
    slow = replace(STEP, router_cpu_us_per_packet=8.0, seconds=8.0)
    return [
        RouterResult(name, memory_bytes=[size], highest=[step], half=[step], light=[step])
        for name, size, step in (("ovrouter", 1000, STEP), ("Janus", 4000, slow))
    ]


def rows(measured: dict[str, Any]) -> dict[str, list[str]]:
    lines = (line.strip("| ").split(" | ") for line in goals_table(measured).splitlines()[2:])
    return {figure: cells for figure, *cells in lines}


def test_every_goal_finds_its_figure() -> None:
    crowd = CaseResult(Case(Shape(1, 100)), routers(), [FLOOR])
    shown = rows({**MEASURED, "media": [crowd]})
    assert len(shown) == len(GOALS)
    assert not any("not measured" in cells for cells in shown.values())
    assert shown["1→100: CPU per packet, one publisher's traffic, of the best peer's"][:2] == ["0.25", "≤ 0.50"]
    assert shown["1→100: highest loss-free packets/s, of the best peer's"][0] == "4.00"
    assert shown["the same, of the floor's at the same pace"][0] == "1.25"
    assert shown["RFC 8867 5.1, emulated: p95 queueing delay, ms"] == ["30", "≤ 150", "≤ 80"]
    assert shown["the same through the kernel: p95 queueing delay, ms"][0] == "70"
    assert shown["memory of an idle client's socket, KiB"][0] == "64"


def test_what_is_not_reached_is_bold() -> None:
    shown = rows(MEASURED)
    assert shown["core that 400 pings a second take"][0] == "**20.0%**"


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.figure)
def test_a_goal_without_its_measurement_says_so(goal: Any) -> None:
    assert goal.row({"media": []})[1] == "not measured"
    assert goal.row({})[1] == "not measured"
