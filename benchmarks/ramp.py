"""The search for the highest load without loss (cold)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Ramp"]


@dataclass(slots=True)
class Ramp:
    """Doubles the load until it fails, then halves the gap until it is narrow.

    A load that failed is tried once more before it counts as failed: on a shared machine a neighbour's burst looks like
    the router's limit.
    """

    resolution: float = 1.08
    """The search ends when the lowest failed load is at most this many times the highest good one."""
    highest: float = 256.0
    """Loads above this are not tried."""
    first: float = 1.0
    """Where the search begins; a search that fails there goes down."""
    lowest: float = 1 / 8
    good: float = 0.0
    failed: float = float("inf")
    _doubtful: float = 0.0

    @property
    def next_load(self) -> float | None:
        """The load to try next, None when the search is over."""
        if self._doubtful:
            return self._doubtful
        if self.failed == float("inf"):
            return self._upwards()
        if not self.good:
            return self.failed / 2 if self.failed / 2 >= self.lowest else None
        return (self.good * self.failed) ** 0.5 if self.failed / self.good > self.resolution else None

    def _upwards(self) -> float | None:
        load = self.good * 2 if self.good else self.first
        return load if load <= self.highest else None

    def record(self, load: float, *, loss_free: bool) -> None:
        """Take the result of a trial at :attr:`next_load`."""
        if loss_free:
            self.good, self._doubtful = load, 0.0
        elif self._doubtful:
            self.failed, self._doubtful = load, 0.0
        else:
            self._doubtful = load
