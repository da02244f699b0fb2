"""What recordings do by themselves: begin with the first publisher, end with nobody to record (warm)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from weakref import WeakSet

import trio

from ovrouter.errors import OvrouterError
from ovrouter.events import EndReason, Event, ParticipantLeft, StreamPublished
from ovrouter.isolate import isolated
from ovrouter.recording.active import ActiveRecording
from ovrouter.session import Session, SessionRegistry

if TYPE_CHECKING:
    from ovrouter.recording.service import Recordings

__all__ = ["Automatic"]

_log = logging.getLogger("ovrouter.recording")


class Automatic:
    """recordingMode ALWAYS and OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT."""

    def __init__(
        self, recordings: Recordings, sessions: SessionRegistry, nursery: trio.Nursery, timeout_s: int
    ) -> None:
        self._recordings = recordings
        self._sessions = sessions
        self._nursery = nursery
        self._timeout_s = timeout_s
        self._countdowns: dict[str, trio.CancelScope] = {}
        """By recording id."""
        self._stopped_by_hand: WeakSet[Session] = WeakSet()
        """Sessions that are not recorded again by themselves."""

    def notice(self, event: Event) -> None:
        """Something happened in a Session."""
        match event:
            case StreamPublished():
                self._note_publisher(event.session_id)
            case ParticipantLeft():
                self._note_departure(event.session_id)

    def note_start(self, active: ActiveRecording) -> None:
        """Somebody has to publish soon."""
        if self._timeout_s and not any(connection.stream for connection in active.session.visible_connections):
            self._count_down(active)

    def note_end(self, active: ActiveRecording) -> None:
        """Nothing is left to be stopped."""
        self._forget_countdown(active.id)

    def note_stop_by_hand(self, active: ActiveRecording) -> None:
        """Whoever stops a recording does not want it to begin again."""
        self._stopped_by_hand.add(active.session)

    def _note_publisher(self, session_id: str) -> None:
        for active in self._recordings.active_in(session_id):
            self._forget_countdown(active.id)
        session = self._sessions.get(session_id)
        is_wanted = session.properties.recording_mode == "ALWAYS" and session not in self._stopped_by_hand
        if is_wanted and session.recording is None:
            self._nursery.start_soon(isolated, "automatic recording", self._start, session)

    async def _start(self, session: Session) -> None:
        try:
            await self._recordings.start(session, session.properties.default_recording)
        except OvrouterError as error:
            _log.warning("session %s is not recorded: %s", session.id, error)

    def _note_departure(self, session_id: str) -> None:
        for active in self._recordings.active_in(session_id):
            if not active.session.visible_connections and active.id not in self._countdowns:
                self._count_down(active)

    def _count_down(self, active: ActiveRecording) -> None:
        scope = self._countdowns[active.id] = trio.CancelScope()
        self._nursery.start_soon(isolated, "end of a recording", self._stop_later, active, scope)

    def _forget_countdown(self, recording_id: str) -> None:
        scope = self._countdowns.pop(recording_id, None)
        if scope is not None:
            scope.cancel()

    async def _stop_later(self, active: ActiveRecording, scope: trio.CancelScope) -> None:
        with scope:
            await trio.sleep(self._timeout_s)
        if not scope.cancelled_caught:
            self._countdowns.pop(active.id, None)
            await active.stop(EndReason.AUTOMATIC_STOP if self._timeout_s else EndReason.LAST_PARTICIPANT_LEFT)
