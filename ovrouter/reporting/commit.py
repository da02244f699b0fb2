"""Group commit (warm): many events share one write, and one wait for the disk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from ovrouter.isolate import isolated
from ovrouter.reporting.losses import Losses

__all__ = ["GroupCommit"]

PATIENCE_S = 2.0
"""How long an answer waits for a disk that hangs. Clients count a server that is silent for longer as lost, and an
event is not worth a call."""
MAX_UNWRITTEN_BYTES = 32 * 1024 * 1024
"""Some 50,000 events. A disk that is this far behind does not write at all."""


class GroupCommit:
    """Puts lines, synchronously and in order, where *write* brings them to disk, batch by batch.

    *write* raises OSError when it wrote nothing; the lines are then counted as lost.
    """

    def __init__(self, write: Callable[[list[bytes]], Awaitable[None]], losses: Losses) -> None:
        self._write = write
        self._losses = losses
        self._unwritten: list[bytes] = []
        self._unwritten_bytes = 0
        self._put_count = 0
        self._promised_count = 0
        self._done_count = 0
        self._waiting_since_s = 0.0
        """When the write that lines wait for began, or could have."""
        self._put = trio.lowlevel.ParkingLot()
        self._done = trio.lowlevel.ParkingLot()

    def put(self, line: bytes, *, is_promised: bool = True) -> None:
        """Have *line* written soon; :meth:`durable` does not wait for one that is not promised to anybody."""
        if self._unwritten_bytes + len(line) > MAX_UNWRITTEN_BYTES:
            self._losses.add(1, "the disk does not keep up")
            return
        if self._is_idle:
            self._waiting_since_s = trio.current_time()
        self._unwritten.append(line)
        self._unwritten_bytes += len(line)
        self._put_count += 1
        if is_promised:
            self._promised_count = self._put_count
        self._put.unpark_all()

    async def durable(self) -> None:
        """Return when all that was promised before is on disk, or lost; at once if it is, and if the disk hangs."""
        await self._reach(self._promised_count)

    async def flush(self) -> None:
        """Return when all that was put before is."""
        await self._reach(self._put_count)

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            while not self._unwritten:
                await self._put.park()
            batch, self._unwritten, self._unwritten_bytes = self._unwritten, [], 0
            self._waiting_since_s = trio.current_time()
            await isolated("event log", self._write_batch, batch)
            self._done_count += len(batch)
            self._done.unpark_all()

    async def _reach(self, target: int) -> None:
        while self._done_count < target:
            with trio.move_on_at(self._waiting_since_s + PATIENCE_S) as patience:
                await self._done.park()
            if patience.cancelled_caught:
                return

    async def _write_batch(self, batch: list[bytes]) -> None:
        try:
            await self._write(batch)
        except OSError as error:
            self._losses.add(len(batch), error)
        else:
            self._losses.end()

    @property
    def _is_idle(self) -> bool:
        return self._done_count == self._put_count
