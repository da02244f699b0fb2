"""Routers take turns, and one that fails does not end the run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from benchmarks import scenario
from benchmarks.room import Shape
from benchmarks.routers.contract import RouterFailed, RouterKind
from benchmarks.scenario import Case, Plan, RouterResult, run
from tests.unit.benchmarks.results import FLOOR

PLAN = Plan((Case(Shape(1, 2)), Case(Shape(3, 0))), rounds=2)
EXPECTED = (RouterFailed,)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose turn it was, with the room; measures nothing."""
    taken: list[str] = []

    async def turn(_plan: Plan, _bench: Any, _router: Any, case: Case, result: RouterResult, _progress: Any) -> None:
        taken.append(f"{result.name} {case}")
        if result.name == "weak" and case.shape.viewers:
            raise RouterFailed("too many viewers")

    async def floor(_plan: Plan, shape: Shape) -> Any:
        taken.append(f"floor {shape}")
        return FLOOR

    monkeypatch.setattr(scenario, "_turn", turn)
    monkeypatch.setattr(scenario, "_floor", floor)
    return taken


def kind(name: str, error: Exception | None = None) -> RouterKind:
    class Running:
        pid = None
        ip = "127.0.0.1"

    @asynccontextmanager
    async def start(_core: int) -> AsyncIterator[Running]:
        if error is not None:
            raise error
        yield Running()

    return RouterKind(name, start)


async def test_each_router_begins_a_round_and_the_floor_ends_a_room(turns: list[str]) -> None:
    results = await run(PLAN, [kind("a"), kind("b")], EXPECTED, lambda _line: None)
    rooms = [[turn.split()[0] for turn in turns[start : start + 3]] for start in range(0, 12, 3)]
    assert rooms == [["a", "b", "floor"], ["a", "b", "floor"], ["b", "a", "floor"], ["b", "a", "floor"]]
    assert [turn.split()[1] for turn in turns] == ["1→2"] * 3 + ["3↔3"] * 3 + ["1→2"] * 3 + ["3↔3"] * 3
    assert [len(result.floor) for result in results] == [2, 2]


async def test_a_failure_is_noted_and_the_others_go_on(turns: list[str]) -> None:
    lines: list[str] = []
    viewers, meeting = await run(PLAN, [kind("weak"), kind("b")], EXPECTED, lines.append)
    assert [router.failures for router in viewers.routers] == [["RouterFailed: too many viewers"] * 2, []]
    assert [router.failures for router in meeting.routers] == [[], []]
    assert turns.count("b 1→2") == turns.count("b 3↔3") == 2
    assert "  weak: RouterFailed: too many viewers" in lines


async def test_a_router_that_does_not_start_is_a_failure(turns: list[str]) -> None:
    [result, _] = await run(PLAN, [kind("absent", RouterFailed("no such program"))], EXPECTED, lambda _line: None)
    assert result.routers[0].failures == ["RouterFailed: no such program"] * 2
    assert all(turn.startswith("floor") for turn in turns)


async def test_a_mistake_of_ours_ends_the_run(turns: list[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        await run(PLAN, [kind("a", ZeroDivisionError())], EXPECTED, lambda _line: None)
