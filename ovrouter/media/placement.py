"""Which worker a link lives on (warm).

A client's downlinks are on one worker, because they share an estimate. Where a subscriber is elsewhere than the
publisher, the publisher's media crosses from one worker to the other once, however many subscribers are there.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from ovrouter.media.worker import MediaWorker

__all__ = ["Placement"]

NEAR_TRANSPORTS: Final = 16
"""A subscriber goes to its publisher's worker unless another one has this many transports less: small sessions stay on
one worker, and large ones use all of them."""


class Placement:
    """Spreads links over workers."""

    def __init__(self, workers: tuple[MediaWorker, ...]) -> None:
        self._workers = workers
        self._worker_of: dict[str, MediaWorker] = {}
        self._downlinks: Counter[str] = Counter()

    def for_uplink(self) -> MediaWorker:
        """The worker with the fewest transports."""
        return min(self._workers, key=lambda worker: worker.transport_count)

    def for_downlink(self, client_id: str, source: MediaWorker) -> MediaWorker:
        """Where the client's downlinks are; for its first one, where *source*, the publisher, is, or there is room."""
        known = self._worker_of.get(client_id)
        if known is not None:
            return known
        idle = self.for_uplink()
        return source if source.transport_count < idle.transport_count + NEAR_TRANSPORTS else idle

    def enter(self, client_id: str, worker: MediaWorker) -> None:
        """The client has a downlink more, on *worker*."""
        self._worker_of[client_id] = worker
        self._downlinks[client_id] += 1

    def leave(self, client_id: str) -> None:
        """The client has a downlink less; with the last one it is forgotten."""
        self._downlinks[client_id] -= 1
        if not self._downlinks[client_id]:
            del self._downlinks[client_id], self._worker_of[client_id]
