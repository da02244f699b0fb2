"""Results as a table and as JSON (cold but for the facts about this machine)."""

from __future__ import annotations

import dataclasses
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.scenario import Plan, RoomResult
from benchmarks.step import Step

__all__ = ["as_json", "machine", "table", "warnings"]

NEIGHBOURS_LIMIT = 0.1
"""Interrupts and the kernel's own threads take a few per cent of any core."""

_PACKAGES = ("ovrouter", "trio", "cython", "pylibsrtp", "cryptography")


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": sys.version.split()[0],
        "packages": {name: _version(name) for name in _PACKAGES},
        "revision": _revision(),
    }


def as_json(plan: Plan, results: Sequence[RoomResult]) -> dict[str, Any]:
    """Return everything measured, ready for ``json.dump``."""
    return {
        "machine": machine(),
        "plan": dataclasses.asdict(plan),
        "rooms": [dataclasses.asdict(result) for result in results],
    }


def table(results: Sequence[RoomResult]) -> str:
    """Return the medians, one column per room."""
    rows = [("", [f"{result.subscribers} subscribers" for result in results])]
    rows += [(label, [text(result) for result in results]) for label, text in _ROWS]
    width = max(len(label) for label, _ in rows)
    column = max(len(cell) for _, cells in rows for cell in cells)
    return "\n".join(f"{label:{width}}" + "".join(f"  {cell:>{column}}" for cell in cells) for label, cells in rows)


def warnings(results: Sequence[RoomResult]) -> list[str]:
    """Return what makes the figures say less than they seem to."""
    steps = [step for result in results for step in result.highest]
    neighbours = max((step.neighbours_busy or 0.0 for step in steps), default=0.0)
    found = []
    if neighbours > NEIGHBOURS_LIMIT:
        found.append(f"other processes took up to {neighbours:.0%} of the router's core: believe no rate, no delay")
    if any(step.skipped_frames for result in results for step in result.trials):
        found.append("the load generator could not keep up at times: the router's limit may lie higher")
    return found


def _median(values: Sequence[float | None], form: str) -> str:
    known = [value for value in values if value is not None]
    return format(statistics.median(known), form) if known else "-"


def _of(steps: str, value: Callable[[Any], float | None], form: str) -> Callable[[RoomResult], str]:
    return lambda result: _median([value(step) for step in getattr(result, steps)], form)


def _delay(steps: str) -> Callable[[RoomResult], str]:
    def text(result: RoomResult) -> str:
        chosen: list[Step] = getattr(result, steps)
        if not chosen:
            return "-"
        medians = (
            statistics.median(getattr(step.delays, name) for step in chosen) for name in ("p50_us", "p99_us", "max_us")
        )
        return " / ".join(f"{value:,.0f}" for value in medians)

    return text


def _ratio_to_floor(result: RoomResult) -> str:
    if not result.highest:
        return "-"
    router = statistics.median(step.forwarded_packets_per_s for step in result.highest)
    return f"{router / statistics.median(floor.packets_per_s for floor in result.floor):.0%}"


def _times_floor(result: RoomResult) -> str:
    router = [step.router_cpu_us_per_packet for step in result.highest if step.router_cpu_us_per_packet is not None]
    if not router:
        return "-"
    return f"{statistics.median(router) / statistics.median(floor.cpu_us_per_packet for floor in result.floor):.2f}"


def _joins(result: RoomResult) -> str:
    return f"{result.joins.per_s:.1f}"


def _join_cpu(result: RoomResult) -> str:
    return _median([result.joins.router_cpu_ms], ".0f")


def _memory(result: RoomResult) -> str:
    memory_bytes = result.joins.memory_per_subscriber_bytes
    return "-" if memory_bytes is None else f"{memory_bytes / 1024:.0f}"


def _samples(result: RoomResult) -> str:
    steps = result.trials + result.light + result.half
    return f"{sum(step.delays.corrupt for step in steps)} / {sum(step.delays.samples for step in steps):,}"


_ROWS: list[tuple[str, Callable[[RoomResult], str]]] = [
    ("highest loss-free packets/s forwarded", _of("highest", lambda step: step.forwarded_packets_per_s, ",.0f")),
    ("  of the floor's", _ratio_to_floor),
    ("  router core busy", _of("highest", lambda step: step.router_core_busy, ".0%")),
    ("    taken by other processes", _of("highest", lambda step: step.neighbours_busy, ".0%")),
    ("  load core busy", _of("highest", lambda step: step.load_core_busy, ".0%")),
    ("CPU µs/packet: at the highest load", _of("highest", lambda step: step.router_cpu_us_per_packet, ".2f")),
    ("  at half of it", _of("half", lambda step: step.router_cpu_us_per_packet, ".2f")),
    ("  with one publisher's traffic", _of("light", lambda step: step.router_cpu_us_per_packet, ".2f")),
    ("  the floor", _of("floor", lambda floor: floor.cpu_us_per_packet, ".2f")),
    ("  times the floor, at the highest load", _times_floor),
    ("floor: packets/s", _of("floor", lambda floor: floor.packets_per_s, ",.0f")),
    ("  packets per message", _of("floor", lambda floor: floor.packets_per_message, ".2f")),
    ("  arrived", _of("floor", lambda floor: floor.received_ratio, ".1%")),
    ("delay µs p50 / p99 / max: one publisher", _delay("light")),
    ("  at half the highest load", _delay("half")),
    ("  at the highest load", _delay("highest")),
    ("memory per subscriber, KiB", _memory),
    ("joins/s", _joins),
    ("  router CPU ms per join", _join_cpu),
    ("corrupt of sampled packets", _samples),
]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _revision() -> str | None:
    result = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip() or None
