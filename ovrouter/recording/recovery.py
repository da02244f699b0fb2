"""Recordings that a crash or a hasty end left unfinished (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

import trio

from ovrouter.events import Emit, EndReason, RecordingStatusChanged
from ovrouter.isolate import isolated
from ovrouter.recording.catalogue import Catalogue
from ovrouter.recording.finish import Finisher
from ovrouter.recording.modes import MODES
from ovrouter.recording.recording import Recording, Status

__all__ = ["Recovery"]

_log = logging.getLogger("ovrouter.recording")


class Recovery:
    """Finishes them, one after another."""

    def __init__(self, catalogue: Catalogue, finisher: Finisher, emit: Emit, now_ms: Callable[[], int]) -> None:
        self.under_way: dict[str, Recording] = {}
        """Those that are still to be finished, by id."""
        self._catalogue = catalogue
        self._finisher = finisher
        self._emit = emit
        self._now_ms = now_ms
        self._since_ms = now_ms()

    async def run(self) -> None:
        """Finish what was begun before this router was."""
        for recording in await trio.to_thread.run_sync(self._catalogue.all):
            if recording.created_at < self._since_ms and not recording.status.is_final:
                self.under_way[recording.id] = recording
        for recording in tuple(self.under_way.values()):
            await isolated("recovery of a recording", self._finish, recording)
            del self.under_way[recording.id]

    async def _finish(self, recording: Recording) -> None:
        if recording.output_mode not in MODES:
            return
        _log.warning("recording %s was interrupted and is finished now", recording.id)
        recording.status = Status.STOPPED
        self._tell(recording)
        await self._finisher.finish(recording, None, partial(self._tell, recording))

    def _tell(self, recording: Recording) -> None:
        self._emit(
            RecordingStatusChanged(
                session_id=recording.session_id,
                session_created_at_ms=recording.session_created_at_ms,
                timestamp_ms=self._now_ms(),
                recording=recording.to_json(),
                reason=EndReason.OPENVIDU_SERVER_STOPPED,
            )
        )
