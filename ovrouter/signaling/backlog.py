"""A queue bounded in bytes (warm)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import trio

__all__ = ["Backlog", "BacklogFull"]

T = TypeVar("T")

ITEM_OVERHEAD_BYTES = 256
"""Added to the size of each item, so that many small ones are bounded too."""


class BacklogFull(Exception):
    """The consumer does not keep up."""


class Backlog(Generic[T]):
    """First in, first out. What was not taken can be moved elsewhere, which a memory channel does not offer."""

    def __init__(self, limit_bytes: int, on_put: Callable[[], None] = lambda: None) -> None:
        self._limit_bytes = limit_bytes
        self._on_put = on_put
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._taken_count = 0
        self._changed = trio.lowlevel.ParkingLot()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, size_bytes: int) -> None:
        """Raises BacklogFull, and leaves the queue as it was, when the limit would be exceeded.

        A closed queue swallows the item.
        """
        if self._is_closed:
            return
        charged_bytes = size_bytes + ITEM_OVERHEAD_BYTES
        if self._bytes + charged_bytes > self._limit_bytes:
            raise BacklogFull
        self._items.append((item, charged_bytes))
        self._bytes += charged_bytes
        self._wake()
        self._on_put()

    @property
    def put_count(self) -> int:
        """How many items there have been; as a mark for :meth:`take`, all that are here now."""
        return self._taken_count + len(self._items)

    def take(self, mark: int, limit_bytes: int) -> list[T]:
        """Remove and return what came before *mark*, at most *limit_bytes* but at least one item if there is any."""
        taken: list[T] = []
        size_bytes = 0
        while self._items and self._taken_count < mark and (not taken or size_bytes < limit_bytes):
            size_bytes += self._items[0][1]
            taken.append(self._pop())
        return taken

    async def get(self) -> T:
        """The oldest item, as soon as there is one; cancelled, it has taken none. Raises EndOfChannel once closed."""
        await trio.lowlevel.checkpoint()
        while not self._items:
            if self._is_closed:
                raise trio.EndOfChannel
            await self._changed.park()
        return self._pop()

    async def emptied(self) -> None:
        """Return when the consumer has taken everything."""
        while self._items:
            await self._changed.park()

    def take_all(self) -> Iterator[T]:
        """Yield every item while removing it."""
        while self._items:
            yield self._pop()

    def close(self) -> None:
        """Drop what is queued and send the consumer home."""
        self._taken_count += len(self._items)
        self._items.clear()
        self._bytes = 0
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        if self._changed:  # most have nobody waiting
            self._changed.unpark_all()

    def _pop(self) -> T:
        item, charged_bytes = self._items.popleft()
        self._bytes -= charged_bytes
        self._taken_count += 1
        self._wake()
        return item
