"""The links that Sessions hold at a media node. Cold.

State and events change in one step, without waiting; only then do links close. So whoever ends something *abandons* its
links on the spot and *sweeps* afterwards: races have nothing to run between, and what a cancelled caller leaves undone
the next sweep does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ovrouter.medianode import MediaNode

__all__ = ["Links"]


class Links:
    """Opens links and makes sure that each gets closed; shared by all Sessions of a router."""

    def __init__(self, media: MediaNode) -> None:
        self.media = media
        self._abandoned: dict[str, None] = {}
        """Ids of links to be closed, oldest first."""

    def abandon(self, link_id: str) -> None:
        """Nobody needs the link any more; the next :meth:`sweep` closes it."""
        self._abandoned[link_id] = None

    async def sweep(self) -> None:
        """Close the abandoned links, those of cancelled callers included.

        Called right after abandoning, so that each caller closes its own: when it returns they are closed, and a client
        that opens one of them again cannot be overtaken.
        """
        remaining, self._abandoned = self._abandoned, {}
        try:
            while remaining:
                link_id = next(iter(remaining))
                await self.media.close_link(link_id)
                del remaining[link_id]
        finally:
            self._abandoned = remaining | self._abandoned

    @asynccontextmanager
    async def opening(self, link_id: str, is_wanted: Callable[[], bool]) -> AsyncIterator[None]:
        """Hold this while the media node opens *link_id* and the outcome is recorded.

        If *is_wanted* then says no (its owner left, the offer was bad, the caller was cancelled), the link is closed.
        """
        self._abandoned.pop(link_id, None)
        try:
            yield
        finally:
            if not is_wanted():
                self.abandon(link_id)
                await self.sweep()
