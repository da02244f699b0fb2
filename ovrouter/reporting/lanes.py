"""What waits for the webhook endpoint, in one queue for each Session (cold)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ovrouter.reporting.report import Report

__all__ = ["Lanes", "LanesFull"]

REPORT_OVERHEAD_BYTES = 512
"""About what the objects of a report take beside its body."""


class LanesFull(Exception):
    """As much waits as may wait."""


class Lanes:
    """Queues by the name of the lane; a lane exists as long as something waits in it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._lanes: dict[str, deque[Report]] = {}

    def __iter__(self) -> Iterator[Report]:
        """Everything that waits, each lane in its order."""
        for lane in self._lanes.values():
            yield from lane

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._lanes)

    def add(self, report: Report) -> bool:
        """Queue *report*; says whether its lane is new. Raises LanesFull."""
        size_bytes = _size_bytes(report)
        if self._bytes + size_bytes > self._limit_bytes:
            raise LanesFull
        self._bytes += size_bytes
        is_new = report.lane not in self._lanes
        self._lanes.setdefault(report.lane, deque()).append(report)
        return is_new

    def head(self, lane: str) -> Report | None:
        """The oldest report of *lane*, None if there is no such lane."""
        return self._lanes[lane][0] if lane in self._lanes else None

    def settle(self, report: Report) -> None:
        """Take *report*, the head of its lane, out."""
        lane = self._lanes[report.lane]
        lane.popleft()
        self._bytes -= _size_bytes(report)
        if not lane:
            del self._lanes[report.lane]


def _size_bytes(report: Report) -> int:
    return len(memoryview(report.body)) + REPORT_OVERHEAD_BYTES
