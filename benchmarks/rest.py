"""Requests to the REST API, against an empty route on the same libraries in the same run (warm)."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import trio

from benchmarks.measure import read_process
from benchmarks.results import keep
from benchmarks.routers.child import open_child, ready_url
from benchmarks.routers.openvidu_client import OpenViduRest, open_rest
from benchmarks.routers.ovrouter import ovrouter

__all__ = ["SUMMARY", "add_arguments", "cpu_us", "run_command", "summary"]

SUMMARY = "CPU time of REST requests, against an empty route on the same libraries"
SERVER_CORE = 0
"""Of the router and of the floor, which take turns."""
WARM_UP = 20
LISTINGS = 3

Ask = Callable[[], Awaitable[Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=500, help="of each kind in a round")
    parser.add_argument("--sessions", type=int, default=5000, help="in the list")


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON."""
    result = trio.run(_measure, options.rounds, options.requests, options.sessions)
    keep("rest", result)
    return 0


async def _measure(rounds: int, requests: int, sessions: int) -> dict[str, Any]:
    async with (
        _floor() as (floor_pid, floor),
        ovrouter({}).open(SERVER_CORE) as router,
        open_rest(router.url, router.secret) as rest,
    ):
        assert router.pid is not None
        session = await rest.create_session()
        costs: dict[str, list[float]] = {"floor": [], "get_session": [], "post_session": []}
        for _ in range(rounds):
            costs["floor"].append(await cpu_us(floor_pid, lambda: floor.get("/"), requests))
            costs["get_session"].append(await cpu_us(router.pid, lambda: rest.get_session(session), requests))
            costs["post_session"].append(await cpu_us(router.pid, rest.create_session, requests))
        listing_ms = await _listing_ms(router.pid, rest, sessions)
    return summary(costs) | {"listing_cpu_ms": listing_ms, "listed_sessions": sessions}


def summary(costs: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Medians of *costs* (CPU microseconds by kind of request), and the share of the floor's rate that each reaches."""
    medians = {name: statistics.median(values) for name, values in costs.items()}
    return {
        "cpu_us": medians,
        "share_of_floor": {name: medians["floor"] / value for name, value in medians.items()},
        "rounds_us": costs,
    }


async def cpu_us(pid: int, ask: Ask, count: int) -> float:
    """CPU time of process *pid* for one request, the mean of *count* after some that do not count."""
    for _ in range(WARM_UP):
        await ask()
    before_s = read_process(pid).cpu_s
    for _ in range(count):
        await ask()
    return (read_process(pid).cpu_s - before_s) / count * 1e6


async def _listing_ms(pid: int, rest: OpenViduRest, sessions: int) -> float:
    """CPU time of one list of so many sessions."""
    while len(listed := await rest.list_sessions()) < sessions:
        for _ in range(sessions - len(listed)):
            await rest.create_session()
    costs_s = []
    for _ in range(LISTINGS):
        before_s = read_process(pid).cpu_s
        await rest.list_sessions()
        costs_s.append(read_process(pid).cpu_s - before_s)
    return statistics.median(costs_s) * 1e3


@asynccontextmanager
async def _floor() -> AsyncIterator[tuple[int, httpx.AsyncClient]]:
    with tempfile.TemporaryDirectory(prefix="ovrouter-bench-") as folder:
        log_path = Path(folder, "floor.log")
        command = [sys.executable, "-m", "benchmarks.rest_floor", folder]
        async with open_child(command, SERVER_CORE, log_path) as process:
            url = await ready_url(process, log_path)
            async with httpx.AsyncClient(base_url=url, verify=False) as client:
                yield process.pid, client
