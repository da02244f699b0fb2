"""Results as Markdown tables and as JSON (cold)."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.routers.contract import RouterKind
from benchmarks.scenario import CaseResult, Plan, RouterResult
from benchmarks.step import Step

__all__ = ["FIGURES", "Figure", "against_peers", "as_json", "floor_cpu_us", "markdown", "tables", "warnings"]

NEIGHBOURS_LIMIT = 0.1
"""Interrupts and the kernel's own threads take a few per cent of any core."""


OWN_NAME = "ovrouter"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a table."""

    label: str
    values: Callable[[RouterResult], Sequence[float | None]]
    """One per round; None where it could not be read."""
    form: str
    is_better_low: bool | None = None
    """None: not to be compared."""

    def median(self, result: RouterResult) -> float | None:
        """Return the median over the rounds, None if there is nothing to take it of."""
        known = [value for value in self.values(result) if value is not None]
        return statistics.median(known) if known else None


def _of(steps: str, value: Callable[[Step], float | None]) -> Callable[[RouterResult], list[float | None]]:
    return lambda result: [value(step) for step in getattr(result, steps)]


def _cpu(step: Step) -> float | None:
    return step.router_cpu_us_per_packet


FIGURES = {
    "light_cpu": Figure("CPU µs/packet: one publisher's traffic", _of("light", _cpu), ".2f", is_better_low=True),
    "half_cpu": Figure("at half the highest load", _of("half", _cpu), ".2f", is_better_low=True),
    "highest_cpu": Figure("at the highest load", _of("highest", _cpu), ".2f", is_better_low=True),
    "rate": Figure(
        "highest loss-free packets/s",
        _of("highest", lambda step: step.forwarded_packets_per_s),
        ",.0f",
        is_better_low=False,
    ),
    "router_busy": Figure("router core busy", _of("highest", lambda step: step.router_core_busy), ".0%"),
    "neighbours": Figure("taken by other processes", _of("highest", lambda step: step.neighbours_busy), ".0%"),
    "load_busy": Figure("load core busy", _of("highest", lambda step: step.load_core_busy), ".0%"),
    "light_p50": Figure(
        "delay µs, one publisher's traffic: p50", _of("light", lambda step: step.delays.p50_us), ",.0f"
    ),
    "light_p99": Figure("p99", _of("light", lambda step: step.delays.p99_us), ",.0f", is_better_low=True),
    "half_p50": Figure("delay µs, half the highest load: p50", _of("half", lambda step: step.delays.p50_us), ",.0f"),
    "half_p99": Figure("p99", _of("half", lambda step: step.delays.p99_us), ",.0f", is_better_low=True),
    "memory": Figure(
        "memory per subscription, KiB",
        lambda result: [size / 1024 for size in result.memory_bytes],
        ",.0f",
        is_better_low=True,
    ),
    "joins": Figure("joins/s", lambda result: [joins.per_s for joins in result.joins], ".1f"),
    "join_cpu": Figure("router CPU ms per join", lambda result: [joins.router_cpu_ms for joins in result.joins], ".1f"),
    "corrupt": Figure("corrupt samples", lambda result: [sum(step.delays.corrupt for step in result.trials)], ",.0f"),
}
"""The rows in their order; a label without its subject goes on with the one above."""


def against_peers(figure: Figure, result: CaseResult) -> float | None:
    """Return this router's figure divided by that of the best of the others; None if there is nothing to compare."""
    medians = {router.name: figure.median(router) for router in result.routers}
    ours = medians.pop(OWN_NAME, None)
    others = [value for value in medians.values() if value is not None]
    if ours is None or not others or figure.is_better_low is None:
        return None
    best = min(others) if figure.is_better_low else max(others)
    return ours / best if best else None


def floor_cpu_us(result: CaseResult, *, is_paced: bool = False) -> float | None:
    """Return the floor's CPU time per packet, flat out or at the pace of one publisher."""
    name = "paced_cpu_us_per_packet" if is_paced else "cpu_us_per_packet"
    return statistics.median(getattr(floor, name) for floor in result.floor) if result.floor else None


def tables(results: Sequence[CaseResult]) -> str:
    """Return the medians, one table per case, one column per router."""
    return "\n".join(f"### {_title(result)}\n\n{_table(result)}\n" for result in results)


def _title(result: CaseResult) -> str:
    profile = "" if len(result.case.srtp_profiles) > 1 else ", AES-CM for all"
    return f"{result.case.shape}: {result.case.shape.subscriptions} subscriptions{profile}"


def _table(result: CaseResult) -> str:
    names = [router.name for router in result.routers]
    rows = [["", *names, f"{OWN_NAME} / best peer"], ["---", *["---:"] * (len(names) + 1)]]
    rows.append(["SRTP profile", *(router.srtp_profile.removeprefix("SRTP_") for router in result.routers), ""])
    for figure in FIGURES.values():
        cells = [_cell(figure.median(router), figure.form) for router in result.routers]
        rows.append([figure.label, *cells, _cell(against_peers(figure, result), ".2f")])
    rows += _floor_rows(result)
    if OWN_NAME not in names or len(names) == 1:
        rows = [row[:-1] for row in rows]
    return markdown(rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first row is its head, the second says how columns are aligned."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _floor_rows(result: CaseResult) -> list[list[str]]:
    floor_us, paced_us = floor_cpu_us(result), floor_cpu_us(result, is_paced=True)
    if floor_us is None or paced_us is None:
        return []
    rate = statistics.median(floor.packets_per_s for floor in result.floor)
    told = f"{paced_us:.2f} µs/packet at one publisher's pace, {floor_us:.2f} flat out, {rate:,.0f} packets/s"
    return [
        ["CPU at one publisher's traffic, times the floor's", *_multiples(result, "light_cpu", paced_us), ""],
        ["CPU at the highest load, times the floor's", *_multiples(result, "highest_cpu", floor_us), ""],
        [f"(the floor: {told})", *[""] * (len(result.routers) + 1)],
    ]


def _multiples(result: CaseResult, figure: str, floor_us: float) -> list[str]:
    medians = [FIGURES[figure].median(router) for router in result.routers]
    return [_cell(None if cpu_us is None else cpu_us / floor_us, ".2f") for cpu_us in medians]


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def warnings(results: Sequence[CaseResult]) -> list[str]:
    """Return what makes the figures say less than they seem to."""
    routers = [(result.case, router) for result in results for router in result.routers]
    steps = [step for _, router in routers for step in router.highest]
    neighbours = max((step.neighbours_busy or 0.0 for step in steps), default=0.0)
    found = [f"{router.name}, {case}: {failure}" for case, router in routers for failure in router.failures]
    if neighbours > NEIGHBOURS_LIMIT:
        found.append(f"other processes took up to {neighbours:.0%} of the router's core: believe no rate, no delay")
    if any(step.skipped_frames for _, router in routers for step in router.trials):
        found.append("the load generator could not keep up at times: a router's limit may lie higher")
    return found


def as_json(
    facts: dict[str, Any], kinds: Sequence[RouterKind], plan: Plan, results: Sequence[CaseResult]
) -> dict[str, Any]:
    """Return everything measured, ready for ``json.dump``."""
    return {
        "machine": facts,
        "routers": [{"name": kind.name, "version": kind.version, "missing": kind.missing} for kind in kinds],
        "plan": dataclasses.asdict(plan),
        "cases": [dataclasses.asdict(result) for result in results],
    }
