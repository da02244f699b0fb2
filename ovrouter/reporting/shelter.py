"""A nursery for what has to go on until a block has ended, also when the block is cancelled (warm)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

__all__ = ["open_shelter"]


@asynccontextmanager
async def open_shelter() -> AsyncIterator[trio.Nursery]:
    """Run tasks that cancellation reaches at the end of the block and not before; the block itself is not shielded."""
    async with trio.open_nursery() as nursery:
        # Shielded, because a cancelled start would wait for a task that cancellation does not reach.
        with trio.CancelScope(shield=True):
            shelter = await nursery.start(_shelter)
        try:
            yield shelter
        finally:
            shelter.cancel_scope.cancel()


async def _shelter(*, task_status: trio.TaskStatus[trio.Nursery]) -> None:
    async with trio.open_nursery() as nursery:
        nursery.cancel_scope.shield = True
        task_status.started(nursery)
        await trio.sleep_forever()
