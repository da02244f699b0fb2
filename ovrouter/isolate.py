"""The border that the exception of one connection, job or request does not cross (warm)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVarTuple

__all__ = ["failure_counts", "fault_injection", "isolated", "isolated_call", "lone_exceptions"]

_log = logging.getLogger("ovrouter.isolate")

Args = TypeVarTuple("Args")

failure_counts: Counter[str] = Counter()
"""Failures that stopped at a border since the process began, by name."""

fault_injection: Callable[[str], None] | None = None
"""Tests set it: called with its name wherever isolated work begins, and what it raises is a failure of that work."""


async def isolated(name: str, async_fn: Callable[[*Args], Awaitable[object]], *args: *Args) -> None:
    """Await ``async_fn(*args)``; log and count an exception and let it go no further.

    *name* is the kind of work (``websocket``, ``rpc``, ``link event``), never an id: it keys :data:`failure_counts`.
    Cancellation, KeyboardInterrupt and SystemExit pass, also out of an exception group whose other members are kept.
    """
    with _border(name):
        _inject_fault(name)
        await async_fn(*args)


def isolated_call(name: str, function: Callable[[*Args], object], *args: *Args) -> None:
    """Call ``function(*args)`` behind the same border."""
    with _border(name):
        _inject_fault(name)
        function(*args)


@contextmanager
def lone_exceptions() -> Iterator[None]:
    """Take an exception that is alone in its groups out of them."""
    alone: BaseException
    try:
        yield
        return
    except BaseExceptionGroup as group:
        alone = group
        while isinstance(alone, BaseExceptionGroup) and len(alone.exceptions) == 1:
            alone = alone.exceptions[0]
        if isinstance(alone, BaseExceptionGroup):
            raise
    raise alone


@contextmanager
def _border(name: str) -> Iterator[None]:
    try:
        yield
    except* Exception as group:  # noqa: BLE001 - the one place that takes them all
        failure_counts[name] += 1
        for error in _leaves(group):
            _log.error("%s failed", name, exc_info=error)


def _inject_fault(name: str) -> None:
    if fault_injection is not None:
        fault_injection(name)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
