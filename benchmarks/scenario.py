"""A whole run: which router is measured with what, and in which order (warm)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import trio

from benchmarks.floor import FloorResult, open_floor
from benchmarks.generator import open_generator
from benchmarks.ramp import Ramp
from benchmarks.room import Room, Shape, open_room
from benchmarks.routers.contract import Router, RouterKind
from benchmarks.step import Bench, Step
from ovrouter.rtc.dtls import SRTP_PROFILES

__all__ = ["Case", "CaseResult", "Joins", "Plan", "RouterResult", "run"]

SETTLE_S = 1.0
"""Between the last join and the first measurement."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Case:
    """What all routers are measured with."""

    shape: Shape
    srtp_profiles: tuple[str, ...] = SRTP_PROFILES
    """What the peers offer; with one, all routers use the same."""

    def __str__(self) -> str:
        return str(self.shape) if len(self.srtp_profiles) > 1 else f"{self.shape} {self.srtp_profiles[0]}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure and for how long."""

    cases: tuple[Case, ...]
    rounds: int = 3
    """Each round measures everything once; routers and the floor take turns, so that a noisy minute hits all alike."""
    trial_s: float = 1.2
    step_s: float = 6.0
    floor_s: float = 1.5
    spread_us: int = 0
    router_core: int = 0
    load_core: int = 1


@dataclass(frozen=True, slots=True)
class Joins:
    """What it cost to fill a room."""

    per_s: float
    router_cpu_ms: float | None = None
    """Of one join: signaling, SDP, ICE, DTLS."""


@dataclass(slots=True)
class RouterResult:
    """Everything measured of one router in one case; one element per round but for the trials."""

    name: str
    srtp_profile: str = ""
    """What the router chose."""
    joins: list[Joins] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    """What one subscription added to the resident set, after one publisher's traffic."""
    trials: list[Step] = field(default_factory=list)
    """Every step of the searches."""
    highest: list[Step] = field(default_factory=list)
    """The highest loss-free step of each search."""
    light: list[Step] = field(default_factory=list)
    """One publisher's traffic from each publisher."""
    half: list[Step] = field(default_factory=list)
    """Half of the highest load."""
    failures: list[str] = field(default_factory=list)
    """Why a turn gave no figures."""


@dataclass(slots=True)
class CaseResult:
    """All routers in one case."""

    case: Case
    routers: list[RouterResult]
    floor: list[FloorResult] = field(default_factory=list)


async def run(
    plan: Plan, kinds: Sequence[RouterKind], expected: tuple[type[Exception], ...], progress: Progress
) -> list[CaseResult]:
    """Measure *kinds* in turns; an *expected* error ends a router's turn, the others go on."""
    results = [CaseResult(case, [RouterResult(kind.name) for kind in kinds]) for case in plan.cases]
    for number in range(plan.rounds):
        for result in results:
            progress(f"round {number + 1} of {plan.rounds}, {result.case}")
            # Each begins in one of the rounds, so that none always follows the same one.
            for index in range(len(kinds)):
                place = (index + number) % len(kinds)
                await _guarded_turn(plan, kinds[place], result.case, result.routers[place], expected, progress)
            result.floor.append(await _floor(plan, result.case.shape))
    return results


async def _guarded_turn(
    plan: Plan,
    kind: RouterKind,
    case: Case,
    result: RouterResult,
    expected: tuple[type[Exception], ...],
    progress: Progress,
) -> None:
    try:
        async with kind.open(plan.router_core) as router, open_generator() as generator:
            bench = Bench(generator, router.pid, plan.router_core, plan.load_core, plan.spread_us)
            await _turn(plan, bench, router, case, result, progress)
    except* expected as group:
        result.failures += _messages(group)
        progress(f"  {kind.name}: {result.failures[-1]}")


def _messages(group: BaseExceptionGroup[BaseException]) -> list[str]:
    found: list[str] = []
    for error in group.exceptions:
        found += _messages(error) if isinstance(error, BaseExceptionGroup) else [f"{type(error).__name__}: {error}"]
    return list(dict.fromkeys(found))


async def _turn(plan: Plan, bench: Bench, router: Router, case: Case, result: RouterResult, progress: Progress) -> None:
    shape = case.shape
    async with open_room(router, bench.generator, shape.publishers, case.srtp_profiles) as room:
        result.srtp_profile = room.srtp_profile
        empty = bench.read_router()
        joins = await _fill(bench, room, shape)
        progress(
            f"  {result.name}: {shape.subscriptions} subscriptions, {joins.per_s:.1f} a second, {room.srtp_profile}"
        )
        await trio.sleep(SETTLE_S)
        light = await bench.measure(room, 1.0, plan.step_s)
        full = bench.read_router()
        first = result.highest[0].load / 2 if result.highest else 1.0
        highest = await _search(plan, bench, room, first, result, progress)
        half = None if highest is None else await bench.measure(room, highest.load / 2, plan.step_s)
    result.joins.append(joins)
    result.light.append(light)
    if empty is not None and full is not None:
        result.memory_bytes.append((full.rss_bytes - empty.rss_bytes) // shape.subscriptions)
    if highest is not None and half is not None:
        result.highest.append(highest)
        result.half.append(half)


async def _fill(bench: Bench, room: Room, shape: Shape) -> Joins:
    before = bench.read_router()
    seconds = await room.add_subscribers(shape.viewers)
    after = bench.read_router()
    per_s = shape.subscriptions / seconds
    if before is None or after is None:
        return Joins(per_s)
    return Joins(per_s, (after.cpu_s - before.cpu_s) * 1000 / shape.subscriptions)


async def _search(
    plan: Plan, bench: Bench, room: Room, first: float, result: RouterResult, progress: Progress
) -> Step | None:
    """Find the highest load without loss; None if there is none."""
    ramp = Ramp(first=first)
    best = None
    while (load := ramp.next_load) is not None:
        step = await bench.measure(room, load, plan.trial_s)
        ramp.record(load, loss_free=step.is_loss_free)
        result.trials.append(step)
        best = step if step.is_loss_free else best
        router = "" if step.router_core_busy is None else f"router core {step.router_core_busy:.0%}, "
        progress(
            f"    load {load:7.2f}: {step.forwarded_packets_per_s:9,.0f} packets/s, loss {step.loss:.3%}, "
            f"{router}load core {step.load_core_busy:.0%}"
        )
    return best


async def _floor(plan: Plan, shape: Shape) -> FloorResult:
    async with open_generator() as generator:
        with open_floor(generator, shape.subscriptions) as floor:
            return await floor.run(plan.floor_s, plan.router_core)
