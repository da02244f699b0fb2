"""A whole run: who joins, what is measured in which order (warm)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from benchmarks.client import open_rest
from benchmarks.floor import Floor, FloorResult, open_floor
from benchmarks.generator import open_generator
from benchmarks.ramp import Ramp
from benchmarks.room import Room, local_ip, open_room
from benchmarks.router import RunningRouter
from benchmarks.step import Bench, Step

__all__ = ["Joins", "Plan", "RoomResult", "run"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure and for how long."""

    subscribers: tuple[int, ...] = (25, 100)
    rounds: int = 3
    """Each round measures everything once; rooms and the floor take turns, so that a noisy minute hits all alike."""
    trial_s: float = 1.2
    step_s: float = 3.0
    floor_s: float = 1.5
    spread_us: int = 0
    router_core: int = 0
    load_core: int = 1


@dataclass(frozen=True, slots=True)
class Joins:
    """What it cost to fill a room."""

    per_s: float
    router_cpu_ms: float | None = None
    """Of one join: REST, TLS, WebSocket, signaling, SDP, DTLS."""
    memory_per_subscriber_bytes: int | None = None


@dataclass(slots=True)
class RoomResult:
    """Everything measured with one number of subscribers; one element per round."""

    subscribers: int
    joins: Joins
    trials: list[Step] = field(default_factory=list)
    """Every step of the searches."""
    highest: list[Step] = field(default_factory=list)
    """The highest loss-free step of each search."""
    light: list[Step] = field(default_factory=list)
    """One publisher's traffic."""
    half: list[Step] = field(default_factory=list)
    """Half of the first highest load."""
    floor: list[FloorResult] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A filled room with its floor and its results."""

    room: Room
    floor: Floor
    result: RoomResult


async def run(plan: Plan, router: RunningRouter, progress: Progress) -> list[RoomResult]:
    """Fill the rooms, measure round by round."""
    async with open_rest(router.url, router.secret) as rest, open_generator() as generator, AsyncExitStack() as stack:
        bench = Bench(generator, router.pid, plan.router_core, plan.load_core, plan.spread_us)
        subjects = []
        for count in plan.subscribers:
            room = await stack.enter_async_context(open_room(rest, generator, local_ip(router.url)))
            joins = await _fill(bench, room, count)
            progress(f"{count} subscribers joined, {joins.per_s:.1f} a second")
            floor = stack.enter_context(open_floor(generator, count))
            subjects.append(_Subject(room, floor, RoomResult(count, joins)))
        for number in range(plan.rounds):
            for subject in subjects:
                progress(f"round {number + 1} of {plan.rounds}, {subject.result.subscribers} subscribers")
                await _round(plan, bench, subject, progress)
        return [subject.result for subject in subjects]


async def _fill(bench: Bench, room: Room, count: int) -> Joins:
    before = bench.read_router()
    seconds = await room.add_subscribers(count)
    after = bench.read_router()
    if before is None or after is None:
        return Joins(count / seconds)
    return Joins(
        per_s=count / seconds,
        router_cpu_ms=(after.cpu_s - before.cpu_s) * 1000 / count,
        memory_per_subscriber_bytes=(after.rss_bytes - before.rss_bytes) // count,
    )


async def _round(plan: Plan, bench: Bench, subject: _Subject, progress: Progress) -> None:
    result = subject.result
    first = result.highest[0].load / 2 if result.highest else 1.0
    highest = await _search(plan, bench, subject, first, progress)
    result.floor.append(await subject.floor.run(plan.floor_s, plan.router_core))
    result.light.append(await bench.measure(subject.room, 1.0, plan.step_s))
    if highest is not None:
        result.highest.append(highest)
        result.half.append(await bench.measure(subject.room, result.highest[0].load / 2, plan.step_s))


async def _search(plan: Plan, bench: Bench, subject: _Subject, first: float, progress: Progress) -> Step | None:
    """Find the highest load without loss; None if there is none."""
    ramp = Ramp(first=first)
    best = None
    while (load := ramp.next_load) is not None:
        step = await bench.measure(subject.room, load, plan.trial_s)
        ramp.record(load, loss_free=step.is_loss_free)
        subject.result.trials.append(step)
        best = step if step.is_loss_free else best
        progress(
            f"  load {load:7.2f}: {step.forwarded_packets_per_s:9,.0f} packets/s, loss {step.loss:.3%}, "
            f"router core {step.router_core_busy:.0%}, load core {step.load_core_busy:.0%}"
        )
    return best
