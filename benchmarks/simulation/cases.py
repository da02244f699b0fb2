"""The wired test cases of RFC 8867 sections 5.1 to 5.8: who sends over which links, and for how long (cold).

Media is 150 kbit/s to 1.5 Mbit/s; the propagation delay is 50 ms each way and queues hold 300 ms unless a case says
otherwise. TCP is a model in the emulated network, see ``tcp.py``, and the kernel's in the real one.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.world import Flow, World

__all__ = ["CASES", "Case"]


@dataclass(frozen=True)
class Case:
    """One scenario; *build* puts its flows into a world and returns the bottleneck that is judged."""

    section: str
    name: str
    duration_s: int
    build: Callable[[World], Link]


def _variable_capacity(world: World) -> Link:
    link = Link(steps((0, 1), (40, 2.5), (60, 0.6), (80, 1)))
    world.add_flow(link)
    return link


def _variable_capacity_two_flows(world: World) -> Link:
    link = Link(steps((0, 4), (25, 2), (50, 3.5), (75, 1), (100, 2)))
    world.add_flow(link)
    world.add_flow(link)
    return link


def _congested_feedback(world: World) -> Link:
    forward = Link(steps((0, 2), (20, 1), (40, 0.5), (60, 2)))
    backward = Link(steps((0, 2), (35, 0.8), (70, 2)))
    world.add_flow(forward, backward)
    world.add_flow(backward, forward)
    return forward


def _same_algorithm(world: World) -> Link:
    link = Link(steps((0, 3.5)))
    for start_s in (0, 20, 40):
        world.add_flow(link, start_s=start_s)
    return link


def _round_trips(world: World) -> Link:
    link = Link(steps((0, 4)), delay_us=10_000)
    for index, delay_ms in enumerate((10, 25, 50, 100, 150)):
        world.add_flow(link, start_s=10 * index, extra_delay_us=(delay_ms - 10) * 1000)
    return link


def _long_tcp(world: World) -> Link:
    link = Link(steps((0, 2)))
    world.add_flow(link)
    world.add_tcp(link, start_s=20)
    return link


def _short_tcp(world: World) -> Link:
    link = Link(steps((0, 2)))
    world.add_flow(link)
    chance = random.Random(8867)
    start_s = 5.0
    for _ in range(10):
        world.add_tcp(link, start_s=start_s, left_bytes=chance.uniform(100_000, 1_000_000))
        start_s += chance.expovariate(1 / 10)
    return link


def _pause_and_resume(world: World) -> Link:
    link = Link(steps((0, 3.5)))
    flows = [world.add_flow(link) for _ in range(3)]
    world.at(40_000_000, _set_paused, flows[0], True)
    world.at(60_000_000, _set_paused, flows[0], False)
    return link


def _set_paused(flow: Flow, is_paused: bool, _now_us: int) -> None:
    flow.publisher.is_paused = is_paused


CASES: Final = (
    Case("5.1", "variable capacity, one flow", 100, _variable_capacity),
    Case("5.2", "variable capacity, two flows", 125, _variable_capacity_two_flows),
    Case("5.3", "congested feedback, media both ways", 100, _congested_feedback),
    Case("5.4", "three flows of ours", 120, _same_algorithm),
    Case("5.5", "five round trips, 20 to 300 ms", 150, _round_trips),
    Case("5.6", "beside a long TCP flow", 120, _long_tcp),
    Case("5.7", "beside short TCP flows", 120, _short_tcp),
    Case("5.8", "pause and resume, three flows", 100, _pause_and_resume),
)
