"""One recording under way, from its start to its files (warm)."""

from __future__ import annotations

import logging
from contextlib import suppress

import trio

from ovrouter.errors import RecordingFailed, RecordingStarting
from ovrouter.events import EndReason, Event
from ovrouter.isolate import isolated
from ovrouter.recording.catalogue import Catalogue
from ovrouter.recording.finish import Finisher
from ovrouter.recording.job import Task
from ovrouter.recording.modes import MODES
from ovrouter.recording.recording import Recording, Status
from ovrouter.session import Session

__all__ = ["ActiveRecording"]

_log = logging.getLogger("ovrouter.recording")


class ActiveRecording:
    """Implements :class:`~ovrouter.session.SessionRecording`."""

    def __init__(self, task: Task, catalogue: Catalogue, finisher: Finisher) -> None:
        self.recording: Recording = task.recording
        self.session: Session = task.session
        self._catalogue = catalogue
        self._finisher = finisher
        self._job = MODES[task.recording.output_mode].make_job(task)
        self._stop = trio.Event()
        self._has_started = False
        self._begun = trio.Event()
        self._reason = EndReason.RECORDING_STOPPED_BY_SERVER
        self._ended = trio.Event()
        self.failure: str | None = None
        """Why it failed; None while it has not."""

    @property
    def id(self) -> str:
        """Of the recording."""
        return self.recording.id

    @property
    def name(self) -> str:
        """Of the recording."""
        return self.recording.name

    @property
    def reason(self) -> EndReason:
        """Why it stops."""
        return self._reason

    def notice(self, event: Event) -> None:
        """Something happened in the Session."""
        self._job.notice(event)

    async def stop(self, reason: EndReason) -> None:
        """End it and wait until its files are ready. Whoever comes first gives the reason."""
        if not self._stop.is_set():
            self._reason = reason
            self._stop.set()
        await self._ended.wait()

    def require_started(self) -> None:
        """Raises RecordingStarting."""
        if self.recording.status is Status.STARTING:
            raise RecordingStarting(f"Recording {self.id} has not started yet: stop it once it has")

    async def wait_started(self) -> None:
        """Raises RecordingFailed if it does not come to that."""
        await self._begun.wait()
        if not self._has_started:
            raise RecordingFailed(self.failure)

    async def run(self) -> None:
        """Record and finish."""
        try:
            await isolated("recording", self._run_job)
            if self._has_started:
                await self._conclude()
            else:
                await self._fail_to_start()
        finally:
            self._begun.set()
            self._ended.set()

    async def _run_job(self) -> None:
        self.failure = "an error of the router, which its log tells"
        try:
            self.failure = await self._job.run(self._stop, self._announce_start)
        except RecordingFailed as error:
            self.failure = str(error)

    def _announce_start(self) -> None:
        self._has_started = True
        self.recording.status = Status.STARTED
        self.session.announce_recording(self.recording.to_json(), timestamp_ms=self.recording.created_at)
        self._begun.set()

    async def _fail_to_start(self) -> None:
        _log.error("recording %s did not start: %s", self.id, self.failure)
        with suppress(OSError):
            await trio.to_thread.run_sync(self._catalogue.delete, self.id)
        self.recording.status = Status.FAILED
        self.session.announce_recording(self.recording.to_json())

    async def _conclude(self) -> None:
        self.recording.status = Status.STOPPED
        self._announce_end()
        self.failure = await self._finisher.finish(self.recording, self.failure, self._announce_end)
        if self.failure is not None:
            _log.error("recording %s failed: %s", self.id, self.failure)

    def _announce_end(self) -> None:
        self.session.announce_recording(self.recording.to_json(), self._reason)
