"""The border that the exception of one connection, job or request does not cross (warm)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVarTuple

__all__ = ["failure_counts", "fault_injection", "isolated"]

_log = logging.getLogger("ovrouter.isolate")

Args = TypeVarTuple("Args")

failure_counts: Counter[str] = Counter()
"""Calls of :func:`isolated` that failed since the process began, by name."""

fault_injection: Callable[[str], None] | None = None
"""Tests set it: called with the name of every isolated task as it starts, and what it raises is that task's failure."""


async def isolated(name: str, async_fn: Callable[[*Args], Awaitable[object]], *args: *Args) -> None:
    """Await ``async_fn(*args)``; log and count an exception and let it go no further.

    *name* is the kind of task (``websocket``, ``rpc``, ``link event``), never an id: it keys :data:`failure_counts`.
    Cancellation, KeyboardInterrupt and SystemExit pass, also out of an exception group whose other members are kept.
    """
    try:
        if fault_injection is not None:
            fault_injection(name)
        await async_fn(*args)
    except* Exception as group:  # noqa: BLE001 - this is the border
        failure_counts[name] += 1
        for error in _leaves(group):
            _log.error("%s failed", name, exc_info=error)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
