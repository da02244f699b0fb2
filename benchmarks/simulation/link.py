"""One direction of a path: a bottleneck with a drop-tail queue, propagation delay and faults (cold)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.simulation.faults import Faults

__all__ = ["Link", "steps"]


@dataclass
class Link:
    """Times are microseconds; :meth:`carry` must be called in the order of time."""

    capacity_bps: Callable[[int], float]
    """Of a time: what the bottleneck carries then."""
    delay_us: int = 50_000
    queue_us: int = 300_000
    """Packets that would wait longer are dropped."""
    faults: Faults = field(default_factory=Faults)
    _free_us: float = 0.0
    carried_bytes: int = 0
    dropped_packets: int = 0

    def carry(self, size_bytes: int, now_us: int) -> list[int]:
        """When the packet arrives, and its duplicates; empty if it is lost."""
        waiting_us = max(0.0, self._free_us - now_us)
        extra_us = self.faults.copies() if waiting_us <= self.queue_us else []
        if not extra_us:
            self.dropped_packets += 1
            return []
        self._free_us = now_us + waiting_us + size_bytes * 8e6 / self.capacity_bps(now_us)
        self.carried_bytes += size_bytes
        return [int(self._free_us) + self.delay_us + late_us for late_us in extra_us]

    def queueing_us(self, now_us: int) -> int:
        """How long a packet sent now would wait."""
        return int(max(0.0, self._free_us - now_us))


def steps(*changes: tuple[float, float]) -> Callable[[int], float]:
    """A capacity that changes: pairs of (from this second on, Mbit/s), the first from 0."""

    def capacity_bps(now_us: int) -> float:
        return max(change for change in changes if change[0] * 1e6 <= now_us)[1] * 1e6

    return capacity_bps
