"""Whole joins: token, WebSocket, joinRoom, subscription, ICE, DTLS, and the first packet of media (warm)."""

from __future__ import annotations

import argparse
import os
import statistics
from dataclasses import asdict, dataclass

import trio

from benchmarks.generator import open_generator
from benchmarks.measure import ProcessReading, read_process
from benchmarks.results import keep
from benchmarks.room import open_room
from benchmarks.routers.ovrouter import ovrouter
from benchmarks.step import Bench
from ovrouter.rtc.dtls import SRTP_PROFILES

__all__ = ["SUMMARY", "Joining", "add_arguments", "joining", "run_command"]

SUMMARY = "joins per second, to the first packet of media"
ROUTER_CORE, LOAD_CORE = 0, 1
LOAD = 1.0
"""The one publisher's, as in a call."""


@dataclass(frozen=True, slots=True)
class Joining:
    """How a room of one publisher was filled."""

    viewers: int
    joins_per_s: float
    """Several at a time; each is over when its first packet has come."""
    cpu_ms_per_join: float
    """Of the router's whole process; it forwards all the while."""
    control_cpu_ms_per_join: float
    """Of its Trio thread: all but the packets."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--viewers", type=int, nargs="+", default=[25, 100, 400], help="who join a room, one by one")
    parser.add_argument("--rounds", type=int, default=3)


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON; a join that fails ends the run."""
    # The router is pinned to its own core; everything else stays off it.
    os.sched_setaffinity(0, {LOAD_CORE})
    rounds = [trio.run(_fill, viewers) for _ in range(options.rounds) for viewers in options.viewers]
    medians = {
        viewers: statistics.median(one.joins_per_s for one in rounds if one.viewers == viewers)
        for viewers in options.viewers
    }
    keep("joins", {"joins_per_s": medians, "rounds": list(map(asdict, rounds))})
    return 0


async def _fill(viewers: int) -> Joining:
    async with ovrouter({}).open(ROUTER_CORE) as router, open_generator() as generator:
        assert router.pid is not None
        bench = Bench(generator, router.pid, ROUTER_CORE, LOAD_CORE, spread_us=0)
        async with open_room(router, generator, 1, SRTP_PROFILES) as room:
            bench.start_traffic(room, LOAD)
            before = read_process(router.pid)
            seconds = await room.add_subscribers(viewers, until_media=True)
            return joining(router.pid, viewers, seconds, before, read_process(router.pid))


def joining(pid: int, viewers: int, seconds: float, before: ProcessReading, after: ProcessReading) -> Joining:
    """The result, from two readings of process *pid*."""

    def control_s(reading: ProcessReading) -> float:
        # The first thread of a process has its id.
        return sum(cpu_s for name, cpu_s in reading.threads.items() if name.endswith(f"/{pid}"))

    return Joining(
        viewers=viewers,
        joins_per_s=viewers / seconds,
        cpu_ms_per_join=(after.cpu_s - before.cpu_s) * 1000 / viewers,
        control_cpu_ms_per_join=(control_s(after) - control_s(before)) * 1000 / viewers,
    )
