"""The jitter buffer: puts packets in order, and waits for late ones as long as that may help. Cold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

__all__ = ["JitterBuffer"]

T = TypeVar("T")

MAX_WAIT_US: Final = 500_000
"""For a missing packet: the router asks for it every 60 ms, and a far publisher needs a few hundred to answer."""
MAX_WAITING: Final = 1024
"""Packets held behind a missing one: over a second of a 10 Mbit/s stream."""
MAX_JUMP: Final = 3000
"""A sequence number further away belongs to another numbering (RFC 3550 appendix A.1, MAX_DROPOUT)."""


class JitterBuffer(Generic[T]):
    """One track's packets, which may come in any order.

    Sequence numbers are those of the wire (16 bits). Times are microseconds of one clock.
    """

    def __init__(self) -> None:
        self.lost_packets = 0
        """Numbers that were given up."""
        self.late_packets = 0
        """Packets that came twice, or after they were given up."""
        self._next: int | None = None
        """The number to come out next, extended beyond 16 bits."""
        self._waiting: dict[int, tuple[T, int]] = {}
        """Packets and when they came, by number."""
        self._restarts = False

    def add(self, sequence_u16: int, item: T, now_us: int) -> None:
        """Take a packet."""
        if self._next is None:
            self._next = sequence_u16
        sequence = self._extend(sequence_u16)
        if abs(sequence - self._next) > MAX_JUMP:
            self._restart(sequence)
        elif sequence < self._next or sequence in self._waiting:
            self.late_packets += 1
            return
        self._waiting[sequence] = item, now_us

    def take(self, now_us: int) -> Iterator[tuple[T, bool]]:
        """What can go on, in order. The flag is set where packets before it were given up."""
        while self._waiting:
            has_gap = self._restarts
            if self._next not in self._waiting:
                # Each gap is waited for since it showed, not since the last one: else losses would add up to a delay.
                first = min(self._waiting)
                if now_us - self._waiting[first][1] < MAX_WAIT_US and len(self._waiting) < MAX_WAITING:
                    return
                self.lost_packets += first - (self._next or 0)
                self._next, has_gap = first, True
            item, _ = self._waiting.pop(self._next)
            self._restarts = False
            self._next += 1
            yield item, has_gap

    def _restart(self, sequence: int) -> None:
        """Another numbering begins; what waits of the old one is incomplete."""
        self._waiting.clear()
        self._next = sequence
        self._restarts = True

    def _extend(self, sequence_u16: int) -> int:
        """The number nearest to the next one that ends in these 16 bits."""
        next_ = self._next or 0
        distance = (sequence_u16 - next_) & 0xFFFF
        return next_ + (distance - 0x10000 if distance >= 0x8000 else distance)
