"""The media benchmark: a router under the load of real WebRTC peers (warm)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import trio

from benchmarks.client import RpcFailed
from benchmarks.peer import PeerFailed
from benchmarks.report import as_json, machine, table, warnings
from benchmarks.router import RouterFailed, RunningRouter, open_child_router
from benchmarks.scenario import Plan, run

__all__ = ["SUMMARY", "add_arguments", "run_command"]

SUMMARY = "forwarding: CPU, rate, delay, memory"

_EXPECTED = (RouterFailed, PeerFailed, RpcFailed, httpx.HTTPError, OSError, trio.TooSlowError)
"""What a router that is absent, overloaded or asked with the wrong secret causes."""

RESULTS = Path(__file__).parent / "results"


def run_command(options: argparse.Namespace) -> int:
    """Run the benchmark; the exit status is 1 if the router could not be measured."""
    plan = _plan(options)
    # The router child is pinned to its own core; everything else stays off it.
    os.sched_setaffinity(0, {plan.load_core})
    status = 0
    try:
        trio.run(_bench, options, plan)
    except* _EXPECTED as group:
        print(*dict.fromkeys(_messages(group)), sep="\n", file=sys.stderr)
        status = 1
    return status


def _messages(group: BaseExceptionGroup[BaseException]) -> list[str]:
    found = []
    for error in group.exceptions:
        found += _messages(error) if isinstance(error, BaseExceptionGroup) else [f"{type(error).__name__}: {error}"]
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--subscribers", default="25,100", metavar="N,N", help="sizes of the rooms")
    parser.add_argument("--rounds", type=int, help="repeats whose medians are shown")
    parser.add_argument("--spread-ms", type=float, default=0, help="spread a frame's packets over this time")
    parser.add_argument("--router-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the router")
    parser.add_argument("--url", help="measure the running router at https://host:port, ovrouter or OpenVidu 2")
    parser.add_argument("--secret", help="its OPENVIDU_SECRET")
    parser.add_argument("--pid", type=int, help="its process, to read CPU time and memory")
    parser.add_argument("--json", type=Path, help="where to write the results (default: benchmarks/results)")


def _plan(options: argparse.Namespace) -> Plan:
    plan = Plan(
        subscribers=tuple(int(count) for count in options.subscribers.split(",")),
        rounds=options.rounds or (1 if options.quick else 3),
        spread_us=int(options.spread_ms * 1000),
        router_core=options.router_core,
        load_core=options.load_core,
        trial_s=0.6 if options.quick else 1.2,
        step_s=1.0 if options.quick else 3.0,
        floor_s=0.5 if options.quick else 1.5,
    )
    missing = {plan.router_core, plan.load_core} - os.sched_getaffinity(0)
    if missing:
        raise SystemExit(f"core {min(missing)} is not available: give --router-core and --load-core")
    return plan


@asynccontextmanager
async def _router(options: argparse.Namespace, plan: Plan) -> AsyncIterator[RunningRouter]:
    if options.url:
        yield RunningRouter(options.url, options.secret or "", options.pid)
        return
    async with open_child_router(plan.router_core, options.set) as router:
        yield router


async def _bench(options: argparse.Namespace, plan: Plan) -> None:
    async with _router(options, plan) as router:
        results = await run(plan, router, lambda line: print(line, flush=True))
    facts = machine()
    print(f"\n{facts['cpu']}, Linux {facts['kernel']}, Python {facts['python']}, revision {facts['revision']}\n")
    print(table(results))
    for warning in warnings(results):
        print(f"\nWARNING: {warning}")
    path = options.json or RESULTS / "latest.json"
    await trio.Path(path.parent).mkdir(parents=True, exist_ok=True)
    await trio.Path(path).write_text(json.dumps(as_json(plan, results), indent=1))
    print(f"\nwritten to {path}")
