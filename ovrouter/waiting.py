"""Waiting for one of several things (warm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from ovrouter.isolate import lone_exceptions

__all__ = ["first_of"]


async def first_of(*waits: Callable[[], Awaitable[object]]) -> None:
    """Wait until one of *waits* returns; the others are cancelled. What one of them raises is raised as it is."""
    with lone_exceptions():
        async with trio.open_nursery() as nursery:

            async def end_all_after(wait: Callable[[], Awaitable[object]]) -> None:
                await wait()
                nursery.cancel_scope.cancel()

            for wait in waits:
                nursery.start_soon(end_all_after, wait)
