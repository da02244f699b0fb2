"""The broadcasts of one router: at most one of each Session (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import trio

from ovrouter.broadcast.job import BroadcastJob
from ovrouter.compose.studio import Studio
from ovrouter.errors import AlreadyBroadcast, CompositionFailed, NotBroadcast
from ovrouter.events import BroadcastStarted, BroadcastStopped, Emit, EndReason, Event, SessionEvent
from ovrouter.session import RecordingProperties, Session

__all__ = ["Broadcasts"]

_log = logging.getLogger("ovrouter.broadcast")


class Broadcasts:
    """Starts and stops broadcasts, and tells of it.

    Give :meth:`notify` every event, so that broadcasts show what is published. The jobs run in *nursery*.
    """

    def __init__(self, studio: Studio, emit: Emit, now_ms: Callable[[], int], nursery: trio.Nursery) -> None:
        self._studio = studio
        self._emit = emit
        self._now_ms = now_ms
        self._nursery = nursery
        self._jobs: dict[str, BroadcastJob] = {}
        """By Session id, from the request to the announced end."""

    async def start(self, session: Session, url: str, properties: RecordingProperties) -> None:
        """Return when the server takes the stream. Raises AlreadyBroadcast, CompositionFailed."""
        if session.id in self._jobs:
            raise AlreadyBroadcast(f"Session {session.id} is already being broadcast")
        job = self._jobs[session.id] = BroadcastJob(session, self._studio, url, properties)
        await self._nursery.start(self._run, job)

    async def stop(self, session: Session) -> None:
        """Return when the stream has ended. Raises NotBroadcast."""
        job = self._jobs.get(session.id)
        if job is None or job.started_at_ms is None:
            raise NotBroadcast(f"Session {session.id} is not being broadcast")
        self._end(job, EndReason.BROADCAST_STOPPED_BY_SERVER)
        await job.ended.wait()

    def notify(self, event: Event) -> None:
        """What happened in a Session may change what is to be shown."""
        job = self._jobs.get(event.session_id) if isinstance(event, SessionEvent) else None
        if job is not None:
            job.look_again()

    async def _run(self, job: BroadcastJob, *, task_status: trio.TaskStatus[None]) -> None:
        end = partial(self._end, job)
        job.session.before_end.append(end)
        try:
            await job.run(partial(self._begin, job, task_status))
        except CompositionFailed as error:
            if job.started_at_ms is None:
                raise
            _log.warning("broadcast of %s ended: %s", job.session.id, error)
        finally:
            self._end(job, EndReason.MEDIA_SERVER_DISCONNECT)
            job.session.before_end.remove(end)

    def _begin(self, job: BroadcastJob, task_status: trio.TaskStatus[None]) -> None:
        job.started_at_ms = self._now_ms()
        job.session.is_broadcast = True
        self._emit(BroadcastStarted(**self._of(job.session, job.started_at_ms)))
        task_status.started()

    def _end(self, job: BroadcastJob, reason: EndReason) -> None:
        """Announce the end, once, and bring it about."""
        if self._jobs.get(job.session.id) is not job:
            return
        del self._jobs[job.session.id]
        job.stop()
        if job.started_at_ms is not None:
            job.session.is_broadcast = False
            common = self._of(job.session, self._now_ms())
            self._emit(BroadcastStopped(**common, start_time_ms=job.started_at_ms, reason=reason))

    @staticmethod
    def _of(session: Session, timestamp_ms: int) -> dict[str, Any]:
        return {
            "session_id": session.id,
            "session_created_at_ms": session.created_at_ms,
            "timestamp_ms": timestamp_ms,
            "audience": tuple(connection.id for connection in session.visible_connections),
        }
