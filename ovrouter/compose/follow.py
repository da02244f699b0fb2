"""Keeping what a composition shows at what its Session publishes (warm)."""

from __future__ import annotations

import trio

from ovrouter.compose.production import Production
from ovrouter.compose.scene import scene
from ovrouter.errors import CompositionFailed
from ovrouter.session import Session
from ovrouter.waiting import first_of

__all__ = ["SceneFollower"]


class SceneFollower:
    """Shows the streams of one Session."""

    def __init__(self, session: Session, *, has_audio: bool, has_video: bool) -> None:
        self._session = session
        self._has_audio = has_audio
        self._has_video = has_video
        self._changed = trio.Event()

    def look_again(self) -> None:
        """Something happened in the Session; may be called in the middle of it."""
        self._changed.set()

    async def show(self, composition: Production) -> None:
        """Show what is published now."""
        self._changed = trio.Event()
        await composition.show(scene(self._session, has_audio=self._has_audio, has_video=self._has_video))

    async def follow(self, composition: Production, stop: trio.Event) -> None:
        """Show what is published until *stop* is set. Raises CompositionFailed if the composition ends before."""
        while True:
            await first_of(self._changed.wait, stop.wait, composition.ended.wait)
            if stop.is_set():
                return
            if composition.ended.is_set():
                raise CompositionFailed(composition.failure)
            await self.show(composition)
