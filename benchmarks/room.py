"""One session under load: a publisher and its subscribers (warm)."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import trio

from benchmarks.client import OpenViduRest
from benchmarks.generator import Generator
from benchmarks.participant import joined_publisher, joined_subscriber
from ovrouter.rtc.certificate import make_certificate

__all__ = ["Room", "local_ip", "open_room"]

JOINS_AT_ONCE = 8
"""Enough to keep a one-core router busy, few enough that no join waits for its turn until it times out."""


class Room:
    """A session whose publisher has joined; comes from :func:`open_room`."""

    def __init__(self, rest: OpenViduRest, session: str, generator: Generator, ip: str, nursery: trio.Nursery) -> None:
        self.publisher = -1
        self.subscribers: list[int] = []
        self._rest = rest
        self._session = session
        self._generator = generator
        self._ip = ip
        self._nursery = nursery
        self._certificate = make_certificate()

    async def add_publisher(self) -> None:
        """Join the one publisher."""
        await self._nursery.start(self._publish)

    async def add_subscribers(self, count: int) -> float:
        """Join *count* subscribers; returns the seconds until the last could receive media."""
        begun_s = trio.current_time()
        limiter = trio.CapacityLimiter(JOINS_AT_ONCE)
        async with trio.open_nursery() as joining:
            for _ in range(count):
                joining.start_soon(self._add_subscriber, limiter)
        return trio.current_time() - begun_s

    async def _add_subscriber(self, limiter: trio.CapacityLimiter) -> None:
        async with limiter:
            await self._nursery.start(self._subscribe)

    async def _publish(self, task_status: trio.TaskStatus[None]) -> None:
        token = await self._rest.create_token(self._session, "PUBLISHER")
        async with joined_publisher(token, self._ip, self._certificate) as publisher:
            self.publisher = self._generator.add_publisher(publisher)
            await self._hold(self.publisher, task_status)

    async def _subscribe(self, task_status: trio.TaskStatus[None]) -> None:
        token = await self._rest.create_token(self._session, "SUBSCRIBER")
        async with joined_subscriber(token, self._ip, self._certificate) as subscriber:
            index = self._generator.add_subscriber(subscriber)
            self.subscribers.append(index)
            await self._hold(index, task_status)

    async def _hold(self, index: int, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            self._generator.forget(index)


@asynccontextmanager
async def open_room(rest: OpenViduRest, generator: Generator, ip: str) -> AsyncIterator[Room]:
    """Create a session with its publisher; *ip* is the address that the peers send from."""
    session = await rest.create_session()
    async with trio.open_nursery() as nursery:
        room = Room(rest, session, generator, ip, nursery)
        await room.add_publisher()
        yield room
        nursery.cancel_scope.cancel()
    await rest.close_session(session)


def local_ip(url: str) -> str:
    """Return the address from which this machine reaches the router at *url*."""
    parts = urlsplit(url)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((parts.hostname or "", parts.port or 443))
        return str(probe.getsockname()[0])
