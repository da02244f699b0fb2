"""One broadcast: a composer process that sends to a live server, begun anew if it breaks (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable

import trio

from ovrouter.children import RestartBudget
from ovrouter.compose.follow import SceneFollower
from ovrouter.compose.plan import start_order
from ovrouter.compose.production import Production
from ovrouter.compose.studio import Studio
from ovrouter.errors import CompositionFailed
from ovrouter.session import RecordingProperties, Session

__all__ = ["BroadcastJob"]

_log = logging.getLogger("ovrouter.broadcast")

START_S = 20.0
"""For reaching the server and its first answers."""
RESTARTS, WITHIN_S = 3, 60.0
"""A composer that breaks more often than this is broken by what it is given."""


class BroadcastJob:
    """Sends what is published in a Session to a URL."""

    def __init__(self, session: Session, studio: Studio, url: str, properties: RecordingProperties) -> None:
        self.session = session
        self.started_at_ms: int | None = None
        """For whoever announces the start to keep."""
        self.ended = trio.Event()
        self._studio = studio
        self._properties = properties
        self._order = start_order(properties, url, "flv")
        self._scene = SceneFollower(session, has_audio=properties.has_audio, has_video=properties.has_video)
        self._stopping = trio.Event()
        self._starting = trio.CancelScope()
        self._has_started = False

    def look_again(self) -> None:
        """Something may have changed in the Session."""
        self._scene.look_again()

    def stop(self) -> None:
        """Let :meth:`run` end soon."""
        self._stopping.set()
        self._starting.cancel()

    async def run(self, on_started: Callable[[], None]) -> None:
        """Broadcast until it is stopped; *on_started* is called once, when the server takes the stream.

        Raises CompositionFailed if that does not come (also if it is stopped before), or if the composer breaks too
        often.
        """
        budget = RestartBudget(RESTARTS, WITHIN_S)
        try:
            while not self._stopping.is_set():
                try:
                    await self._compose(on_started)
                except CompositionFailed as error:
                    if not self._has_started or not budget.take(trio.current_time()):
                        raise
                    _log.warning("broadcast of %s begins anew: %s", self.session.id, error)
        finally:
            self.ended.set()

    async def _compose(self, on_started: Callable[[], None]) -> None:
        async with self._studio.open(self.session, self._properties, f"broadcast of {self.session.id}") as composition:
            await self._scene.show(composition)
            await self._start(composition)
            if not self._has_started:
                self._has_started = True
                on_started()
            await self._scene.follow(composition, self._stopping)

    async def _start(self, composition: Production) -> None:
        with trio.move_on_after(START_S) as self._starting:
            await composition.start(self._order)
        if self._stopping.is_set():
            raise CompositionFailed("It was stopped before it had started")
        if self._starting.cancelled_caught:
            raise CompositionFailed(f"The server took no stream within {START_S:.0f} s")
