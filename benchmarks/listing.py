"""What listing thousands of sessions does to the packets of a call that goes on beside it (warm)."""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import trio

from benchmarks.generator import open_generator
from benchmarks.results import keep
from benchmarks.room import open_room
from benchmarks.routers.openvidu_client import OpenViduRest, open_rest
from benchmarks.routers.ovrouter import ovrouter
from benchmarks.step import Bench, Step
from ovrouter.rtc.dtls import SRTP_PROFILES

__all__ = ["SUMMARY", "Round", "add_arguments", "run_command", "summary"]

SUMMARY = "delay of forwarded packets while all sessions are listed, and while they are not"
ROUTER_CORE, LOAD_CORE = 0, 1
LOAD = 1.0
VIEWERS = 20
CREATING_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Round:
    """Delays of the same traffic, in two spans of the same length."""

    quiet_p50_us: float
    quiet_p99_us: float
    listing_p50_us: float
    listing_p99_us: float
    listings: int
    lost_packets: int
    """In both spans."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each span")


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON."""
    # The router is pinned to its own core; everything else stays off it.
    os.sched_setaffinity(0, {LOAD_CORE})
    rounds = trio.run(_measure, options.sessions, options.rounds, options.seconds)
    keep("listing", {"sessions": options.sessions, **summary(rounds)})
    return 0


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """Medians over the rounds, how far listing moved the 99th percentile, and the rounds themselves."""
    columns = [asdict(one) for one in rounds]
    medians = {name: statistics.median(column[name] for column in columns) for name in columns[0]}
    moved = statistics.median(one.listing_p99_us / one.quiet_p99_us for one in rounds)
    return {"median": medians, "listing_p99 / quiet_p99": moved, "rounds": columns}


async def _measure(sessions: int, rounds: int, span_s: float) -> list[Round]:
    async with (
        ovrouter({}).open(ROUTER_CORE) as router,
        open_rest(router.url, router.secret) as rest,
        open_generator() as generator,
    ):
        await _create_sessions(rest, sessions)
        bench = Bench(generator, router.pid, ROUTER_CORE, LOAD_CORE, spread_us=0)
        async with open_room(router, generator, 1, SRTP_PROFILES) as room:
            await room.add_subscribers(VIEWERS)
            results = []
            for _ in range(rounds):
                quiet = await bench.measure(room, LOAD, span_s)
                async with trio.open_nursery() as nursery:
                    listed: list[int] = []
                    nursery.start_soon(_list, rest, listed)
                    busy = await bench.measure(room, LOAD, span_s)
                    nursery.cancel_scope.cancel()
                results.append(_round(quiet, busy, len(listed)))
            return results


async def _create_sessions(rest: OpenViduRest, count: int) -> None:
    limiter = trio.CapacityLimiter(CREATING_AT_ONCE)

    async def create() -> None:
        async with limiter:
            await rest.create_session()

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(create)


async def _list(rest: OpenViduRest, listed: list[int]) -> None:
    while True:
        # Reading them would keep the core busy that measures.
        listed.append(len(await rest.read_sessions()))


def _round(quiet: Step, busy: Step, listings: int) -> Round:
    return Round(
        quiet_p50_us=quiet.delays.p50_us,
        quiet_p99_us=quiet.delays.p99_us,
        listing_p50_us=busy.delays.p50_us,
        listing_p99_us=busy.delays.p99_us,
        listings=listings,
        lost_packets=sum(step.expected_packets - step.forwarded_packets for step in (quiet, busy)),
    )
