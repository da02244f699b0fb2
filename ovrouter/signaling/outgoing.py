"""The task that writes for all sockets (warm).

Whoever has something to say puts it into the outbox of a socket and goes on; one switch of tasks later everything that
was put meanwhile leaves, several messages to one socket together. A socket that takes no more gets a task of its own
until it does, and holds up nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio

from ovrouter.isolate import isolated, isolated_call

if TYPE_CHECKING:
    from ovrouter.signaling.socket import Socket

__all__ = ["Outgoing"]


class Outgoing:
    """Lets messages leave once the events reported before them are *durable*."""

    def __init__(self, durable: Callable[[], Awaitable[None]]) -> None:
        self._durable = durable
        self._waiting: dict[Socket, None] = {}
        self._added = trio.lowlevel.ParkingLot()
        self._lifetime = trio.CancelScope()
        self._nursery: trio.Nursery

    def add(self, socket: Socket) -> None:
        """*socket* has something to send."""
        if not self._waiting:
            self._added.unpark_all()
        self._waiting[socket] = None

    def start(self, drain: Callable[[trio.Event], Awaitable[None]], done: trio.Event) -> None:
        """Run *drain* for a socket that cannot take all at once."""
        self._nursery.start_soon(isolated, "websocket write", drain, done)

    async def run(self) -> None:
        """Write until :meth:`close`."""
        with self._lifetime:
            async with trio.open_nursery() as self._nursery:
                while True:
                    while not self._waiting:
                        await self._added.park()
                    await self._write_all()

    def close(self) -> None:
        """What is not written stays so."""
        self._lifetime.cancel()

    async def _write_all(self) -> None:
        sockets, self._waiting = self._waiting, {}
        # What is put while the disk is waited for has to wait for the disk again.
        marks = [(socket, socket.outbox.put_count) for socket in sockets]
        await self._durable()
        for socket, mark in marks:
            isolated_call("websocket write", socket.release, mark)
