"""Clients that sit in sessions and say nothing but ping: what their sockets cost (warm)."""

from __future__ import annotations

import argparse
import functools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

import trio

from benchmarks.measure import read_process
from benchmarks.results import keep
from benchmarks.routers.openvidu import OpenViduRouter
from benchmarks.routers.openvidu_client import (
    PING_INTERVAL_S,
    OpenViduRest,
    Signaling,
    open_rest,
    open_signaling,
)
from benchmarks.routers.ovrouter import ovrouter

__all__ = ["SUMMARY", "IdleSockets", "add_arguments", "idle_sockets", "run_command"]

SUMMARY = "memory and CPU time of idle client sockets, with their pings"
ROUTER_CORE = 0
SESSION_SIZE = 5
"""Clients of one session; each is told of those that come after it."""
JOINING_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class IdleSockets:
    """The result."""

    sockets: int
    bytes_per_socket: float
    """Growth of the router's resident set, participants and TLS included."""
    joins_per_s: float
    """Token, TLS, WebSocket and joinRoom, several at a time."""
    pings_per_s: float
    """That were answered."""
    ping_cpu_us: float
    """CPU time of the router's whole process for each ping, less what it uses without clients."""
    core_busy: float
    """Of one core, by those pings."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch the pings")


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON."""
    result = trio.run(_measure, options.sockets, options.seconds)
    keep("sockets", asdict(result))
    return 0


async def _measure(sockets: int, watch_s: float) -> IdleSockets:
    async with ovrouter({}).open(ROUTER_CORE) as router, open_rest(router.url, router.secret) as rest:
        async with _clients(rest, SESSION_SIZE):  # what is loaded with the first is not theirs
            pass
        baseline_cpu_s, before_bytes = await _watch(router, watch_s)
        began_s = trio.current_time()
        async with _clients(rest, sockets) as clients:
            joined_s = trio.current_time() - began_s
            await trio.sleep(PING_INTERVAL_S)
            pings = -_answered(clients)
            cpu_s, after_bytes = await _watch(router, watch_s)
            pings += _answered(clients)
    return idle_sockets(sockets, pings, watch_s, joined_s, cpu_s - baseline_cpu_s, after_bytes - before_bytes)


def idle_sockets(
    sockets: int, pings: int, watch_s: float, joined_s: float, pinging_s: float, grown_bytes: int
) -> IdleSockets:
    """The result; *pinging_s* is the CPU time that *pings* took while they were watched."""
    return IdleSockets(
        sockets=sockets,
        bytes_per_socket=grown_bytes / sockets,
        joins_per_s=sockets / joined_s,
        pings_per_s=pings / watch_s,
        ping_cpu_us=pinging_s / pings * 1e6,
        core_busy=pinging_s / watch_s,
    )


def _answered(clients: Iterable[Signaling]) -> int:
    return sum(client.answered_pings for client in clients)


async def _watch(router: OpenViduRouter, watch_s: float) -> tuple[float, int]:
    """The CPU seconds that the router uses in *watch_s*, and its resident set at the end."""
    assert router.pid is not None
    before = read_process(router.pid)
    await trio.sleep(watch_s)
    after = read_process(router.pid)
    return after.cpu_s - before.cpu_s, after.rss_bytes


@asynccontextmanager
async def _clients(rest: OpenViduRest, count: int) -> AsyncIterator[list[Signaling]]:
    """Keep *count* clients in sessions of SESSION_SIZE."""
    clients: list[Signaling] = []
    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as joining:
            limiter = trio.CapacityLimiter(JOINING_AT_ONCE)
            for first in range(0, count, SESSION_SIZE):
                session = await rest.create_session()
                for _ in range(min(SESSION_SIZE, count - first)):
                    await limiter.acquire_on_behalf_of(token := object())
                    joined = functools.partial(limiter.release_on_behalf_of, token)
                    joining.start_soon(_join, nursery, rest, session, clients, joined)
        yield clients
        nursery.cancel_scope.cancel()


async def _join(
    nursery: trio.Nursery, rest: OpenViduRest, session: str, clients: list[Signaling], joined: Callable[[], None]
) -> None:
    token = await rest.create_token(session, "SUBSCRIBER")
    clients.append(await nursery.start(_sit, token))
    joined()


async def _sit(token: str, task_status: trio.TaskStatus[Signaling] = trio.TASK_STATUS_IGNORED) -> None:
    async with open_signaling(token, lambda *_: None, compression="deflate") as signaling:
        await signaling.join()
        task_status.started(signaling)
        await trio.sleep_forever()
