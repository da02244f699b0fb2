"""One session under load: publishers, and peers that subscribe to them (warm)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass

import trio

from benchmarks.generator import Generator
from benchmarks.peer import Peer
from benchmarks.routers.contract import Member, Publisher, Router, Session
from ovrouter.rtc.certificate import make_certificate

__all__ = ["Room", "Shape", "open_room"]

JOINS_AT_ONCE = 8
"""Enough to keep a one-core router busy, few enough that no join waits for its turn until it times out."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Who is in a room. Everybody subscribes to every publisher but himself, with a peer for each."""

    publishers: int
    viewers: int

    @property
    def subscriptions(self) -> int:
        """How many peers receive."""
        return self.publishers * (self.publishers - 1 + self.viewers)

    def __str__(self) -> str:
        return f"{self.publishers}→{self.viewers}" if self.viewers else f"{self.publishers}↔{self.publishers}"


class Room:
    """A session with its publishers; comes from :func:`open_room`."""

    def __init__(
        self, session: Session, generator: Generator, ip: str, srtp_profiles: tuple[str, ...], nursery: trio.Nursery
    ) -> None:
        self.publishers: list[int] = []
        self.subscribers: list[int] = []
        self.srtp_profile = ""
        """What the router chose."""
        self._session = session
        self._generator = generator
        self._ip = ip
        self._srtp_profiles = srtp_profiles
        self._nursery = nursery
        self._certificate = make_certificate()
        self._publishing: list[tuple[Member, Publisher]] = []
        self._until_media = False
        self._limiter = trio.CapacityLimiter(JOINS_AT_ONCE)

    async def add_publishers(self, count: int) -> None:
        """Join members that publish."""
        for _ in range(count):
            await self._nursery.start(self._publish)

    async def add_subscribers(self, viewers: int, *, until_media: bool = False) -> float:
        """Join *viewers*, have everybody subscribe to everybody; returns the seconds until the last could receive.

        *until_media*: a join ends with its first packet, and only then makes room for the next.
        """
        self._until_media = until_media
        begun_s = trio.current_time()
        async with trio.open_nursery() as joining:
            for _ in range(viewers):
                joining.start_soon(self._in_turn, self._view)
            for member, own in self._publishing:
                for _, stream in self._publishing:
                    if stream is not own:
                        joining.start_soon(self._in_turn, self._subscribe, member, stream)
        return trio.current_time() - begun_s

    async def _in_turn(self, task: Callable[..., Awaitable[None]], *arguments: object) -> None:
        async with self._limiter:
            await self._nursery.start(task, *arguments)

    async def _publish(self, task_status: trio.TaskStatus[None]) -> None:
        async with self._session.join(publishes=True) as member:
            with self._new_peer() as peer:
                publisher = await member.publish(peer)
                self.srtp_profile = peer.srtp_profile
                index = self._generator.add_publisher(publisher)
                self.publishers.append(index)
                self._publishing.append((member, publisher))
                await self._hold(index, task_status)

    async def _view(self, task_status: trio.TaskStatus[None]) -> None:
        async with self._session.join(publishes=False) as member:
            for _, stream in self._publishing:
                await self._nursery.start(self._subscribe, member, stream)
            task_status.started()
            await trio.sleep_forever()

    async def _subscribe(self, member: Member, stream: Publisher, task_status: trio.TaskStatus[None]) -> None:
        with self._new_peer() as peer:
            subscriber = await member.subscribe(peer, stream)
            index = self._generator.add_subscriber(subscriber)
            self.subscribers.append(index)
            if self._until_media:
                await self._generator.first_packet(index)
            await self._hold(index, task_status)

    @contextmanager
    def _new_peer(self) -> Iterator[Peer]:
        with closing(Peer(self._ip, self._certificate, self._srtp_profiles)) as peer:
            yield peer

    async def _hold(self, index: int, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            self._generator.forget(index)


@asynccontextmanager
async def open_room(
    router: Router, generator: Generator, publishers: int, srtp_profiles: tuple[str, ...]
) -> AsyncIterator[Room]:
    """Create a session with its publishers, whose peers offer *srtp_profiles*."""
    async with router.open_session() as session, trio.open_nursery() as nursery:
        room = Room(session, generator, router.ip, srtp_profiles, nursery)
        await room.add_publishers(publishers)
        yield room
        nursery.cancel_scope.cancel()
