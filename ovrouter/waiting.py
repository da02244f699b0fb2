"""Waiting for one of several things (warm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

__all__ = ["first_of"]


async def first_of(*waits: Callable[[], Awaitable[object]]) -> None:
    """Wait until one of *waits* returns; the others are cancelled."""
    async with trio.open_nursery() as nursery:

        async def end_all_after(wait: Callable[[], Awaitable[object]]) -> None:
            await wait()
            nursery.cancel_scope.cancel()

        for wait in waits:
            nursery.start_soon(end_all_after, wait)
