"""COMPOSED_QUICK_START: composers that are ready before anybody asks for a recording (warm)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import trio

from ovrouter.compose.composition import Composition, open_composition
from ovrouter.compose.follow import SceneFollower
from ovrouter.errors import CompositionFailed, SessionNotFound
from ovrouter.events import ParticipantJoined, SessionDestroyed, SessionEvent
from ovrouter.isolate import isolated
from ovrouter.medianode import MediaNode
from ovrouter.session import RecordingProperties, Session, SessionRegistry

__all__ = ["PreparedComposers"]

_log = logging.getLogger("ovrouter.recording")


@dataclass(slots=True, eq=False)
class _Prepared:
    scene: SceneFollower
    stop: trio.Event = field(default_factory=trio.Event)
    composition: Composition | None = None
    """Once it is ready."""


class PreparedComposers:
    """One for each Session that is set up for it, from its first participant to its end; they run in *nursery*."""

    def __init__(self, media: MediaNode, sessions: SessionRegistry, nursery: trio.Nursery) -> None:
        self._media = media
        self._sessions = sessions
        self._nursery = nursery
        self._prepared: dict[str, _Prepared] = {}
        """By Session id."""

    def notice(self, event: SessionEvent) -> None:
        """Something happened in a Session; called in the middle of it."""
        if isinstance(event, ParticipantJoined):
            self._prepare(event.session_id)
        prepared = self._prepared.get(event.session_id)
        if prepared is not None:
            prepared.scene.look_again()
            if isinstance(event, SessionDestroyed):
                prepared.stop.set()

    def composition_of(self, session: Session, properties: RecordingProperties) -> Composition | None:
        """Return the composition that is ready to record *session* so; None if there is none."""
        default, prepared = session.properties.default_recording, self._prepared.get(session.id)
        if prepared is None or prepared.composition is None or prepared.composition.ended.is_set():
            return None
        is_same = (default.has_audio, default.has_video) == (properties.has_audio, properties.has_video)
        return prepared.composition if is_same else None

    def _prepare(self, session_id: str) -> None:
        try:
            session = self._sessions.get(session_id)
        except SessionNotFound:
            return
        default = session.properties.default_recording
        if default.output_mode == "COMPOSED_QUICK_START" and session_id not in self._prepared:
            scene = SceneFollower(session, has_audio=default.has_audio, has_video=default.has_video)
            self._prepared[session_id] = _Prepared(scene)
            self._nursery.start_soon(isolated, "prepared composer", self._keep, session_id)

    async def _keep(self, session_id: str) -> None:
        prepared = self._prepared[session_id]
        try:
            async with open_composition(self._media, f"prepared composer of {session_id}") as composition:
                await prepared.scene.show(composition)
                prepared.composition = composition
                await prepared.scene.follow(composition, prepared.stop)
        except CompositionFailed as error:
            # The next participant, or a start, gets a new one.
            _log.warning("prepared composer of %s: %s", session_id, error)
        finally:
            del self._prepared[session_id]
