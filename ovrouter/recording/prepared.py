"""COMPOSED_QUICK_START: composers that are ready before anybody asks for a recording (warm)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import trio

from ovrouter.compose.follow import SceneFollower
from ovrouter.compose.production import Production
from ovrouter.compose.studio import Studio
from ovrouter.errors import CompositionFailed, SessionNotFound
from ovrouter.events import ParticipantJoined, SessionDestroyed, SessionEvent
from ovrouter.isolate import isolated
from ovrouter.session import RecordingProperties, Session, SessionRegistry

__all__ = ["PreparedComposers"]

_log = logging.getLogger("ovrouter.recording")


@dataclass(slots=True, eq=False)
class _Prepared:
    session: Session
    scene: SceneFollower
    stop: trio.Event = field(default_factory=trio.Event)
    composition: Production | None = None
    """Once it is ready."""


class PreparedComposers:
    """One for each Session that is set up for it, from its first participant to its end; they run in *nursery*."""

    def __init__(self, studio: Studio, sessions: SessionRegistry, nursery: trio.Nursery) -> None:
        self._studio = studio
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

    def composition_of(self, session: Session, properties: RecordingProperties) -> Production | None:
        """Return the composition that is ready to record *session* so; None if there is none."""
        default, prepared = session.properties.default_recording, self._prepared.get(session.id)
        if prepared is None or prepared.composition is None or prepared.composition.ended.is_set():
            return None
        return prepared.composition if _needs(default) == _needs(properties) else None

    def _prepare(self, session_id: str) -> None:
        try:
            session = self._sessions.get(session_id)
        except SessionNotFound:
            return
        default = session.properties.default_recording
        if default.output_mode == "COMPOSED_QUICK_START" and session_id not in self._prepared:
            scene = SceneFollower(session, has_audio=default.has_audio, has_video=default.has_video)
            self._prepared[session_id] = _Prepared(session, scene)
            self._nursery.start_soon(isolated, "prepared composer", self._keep, session_id)

    async def _keep(self, session_id: str) -> None:
        prepared = self._prepared[session_id]
        default, name = prepared.session.properties.default_recording, f"prepared composer of {session_id}"
        try:
            async with self._studio.open(prepared.session, default, name) as composition:
                await prepared.scene.show(composition)
                prepared.composition = composition
                await prepared.scene.follow(composition, prepared.stop)
        except CompositionFailed as error:
            # The next participant, or a start, gets a new one.
            _log.warning("prepared composer of %s: %s", session_id, error)
        finally:
            del self._prepared[session_id]


def _needs(properties: RecordingProperties) -> tuple[object, ...]:
    """What cannot be changed any more once it is prepared: a grid is drawn in any size, a page has one."""
    kinds = properties.has_audio, properties.has_video
    if not properties.has_video or properties.recording_layout == "BEST_FIT":
        return kinds
    return (*kinds, properties.recording_layout, properties.custom_layout, properties.resolution)
