"""All recordings of one router (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import trio

from ovrouter.compose.studio import Studio
from ovrouter.config import Config
from ovrouter.errors import (
    AlreadyRecording,
    NobodyConnected,
    RecordingFailed,
    RecordingNotFound,
    RecordingUnderWay,
)
from ovrouter.events import Emit, EndReason, Event, SessionEvent
from ovrouter.isolate import isolated
from ovrouter.medianode import MediaNode
from ovrouter.recording.active import ActiveRecording
from ovrouter.recording.automatic import Automatic
from ovrouter.recording.catalogue import Catalogue
from ovrouter.recording.finish import Finisher
from ovrouter.recording.job import Task
from ovrouter.recording.modes import MODES
from ovrouter.recording.object_store import ObjectStore, object_store
from ovrouter.recording.prepared import PreparedComposers
from ovrouter.recording.recording import Recording, new_recording
from ovrouter.recording.recovery import Recovery
from ovrouter.session import RecordingProperties, Session, SessionRegistry

__all__ = ["Recordings", "start_recordings"]

_log = logging.getLogger("ovrouter.recording")

_MIB = 1024 * 1024


def start_recordings(
    config: Config,
    media: MediaNode,
    sessions: SessionRegistry,
    emit: Emit,
    now_ms: Callable[[], int],
    nursery: trio.Nursery,
) -> Recordings:
    """Record from now on, in *nursery*. What an earlier run left unfinished is finished first, in the background."""
    catalogue = Catalogue(Path(config.openvidu_recording_path), config.public_url)
    store = object_store(config)
    finisher = Finisher(catalogue, store, nursery)
    recovery = Recovery(catalogue, finisher, emit, now_ms)
    if config.openvidu_recording:
        nursery.start_soon(isolated, "recovery of recordings", recovery.run)
    return Recordings(config, media, sessions, catalogue, store, finisher, recovery, now_ms, nursery)


class Recordings:
    """Comes from :func:`start_recordings`; :meth:`notice` has to be given every event of the sessions."""

    def __init__(
        self,
        config: Config,
        media: MediaNode,
        sessions: SessionRegistry,
        catalogue: Catalogue,
        store: ObjectStore | None,
        finisher: Finisher,
        recovery: Recovery,
        now_ms: Callable[[], int],
        nursery: trio.Nursery,
    ) -> None:
        self._config = config
        self._media = media
        self._studio = Studio(config, media)
        self._catalogue = catalogue
        self._store = store
        self._finisher = finisher
        self._recovery = recovery
        self._now_ms = now_ms
        self._nursery = nursery
        self._prepared = PreparedComposers(self._studio, sessions, nursery)
        self._automatic = Automatic(self, sessions, nursery, config.openvidu_recording_autostop_timeout)
        self._active: dict[str, ActiveRecording] = {}
        """By recording id."""
        self._starting: set[Session] = set()

    @property
    def is_enabled(self) -> bool:
        """OPENVIDU_RECORDING."""
        return self._config.openvidu_recording

    @property
    def folder(self) -> Path:
        """Of all recordings."""
        return Path(self._config.openvidu_recording_path)

    def notice(self, event: Event) -> None:
        """Something happened in a Session; called in the middle of it."""
        if not self.is_enabled or not isinstance(event, SessionEvent):
            return
        for active in self.active_in(event.session_id):
            active.notice(event)
        self._prepared.notice(event)
        self._automatic.notice(event)

    def active_in(self, session_id: str) -> tuple[ActiveRecording, ...]:
        """The recording of a Session, if there is one."""
        return tuple(active for active in self._active.values() if active.session.id == session_id)

    # ------------------------------------------------------------------------------------------------ start and stop

    def require_recordable(self, session: Session) -> None:
        """Raises AlreadyRecording (also if the media mode does not allow it), NobodyConnected."""
        if session.properties.media_mode != "ROUTED":
            raise AlreadyRecording(f"Session {session.id} is not ROUTED, so it cannot be recorded")
        if session.recording is not None or session in self._starting:
            raise AlreadyRecording(f"Session {session.id} is being recorded already")
        if not session.visible_connections:
            raise NobodyConnected(f"Nobody is in session {session.id}")

    async def start(self, session: Session, properties: RecordingProperties) -> Recording:
        """Returns once media is being written. Raises as :meth:`require_recordable`, and RecordingFailed."""
        self.require_recordable(session)
        self._starting.add(session)
        try:
            active = await self._begin(session, properties)
        finally:
            self._starting.discard(session)
        self._nursery.start_soon(isolated, "recording", self._run, active)
        await active.wait_started()
        self._automatic.note_start(active)
        return active.recording

    async def _begin(self, session: Session, properties: RecordingProperties) -> ActiveRecording:
        if properties.output_mode not in MODES:
            raise RecordingFailed(f"Output mode {properties.output_mode} is not in this release")
        try:
            recording = await trio.to_thread.run_sync(self._reserve, session, properties)
        except OSError as error:
            raise RecordingFailed(f"{self.folder} cannot be written: {error.strerror}") from error
        folder = self._catalogue.folder_of(recording.id)
        prepared = self._prepared.composition_of(session, properties)
        task = Task(recording, properties, session, self._media, self._studio, folder, prepared)
        active = ActiveRecording(task, self._catalogue, self._finisher)
        session.begin_recording(active)
        self._active[recording.id] = active
        return active

    def _reserve(self, session: Session, properties: RecordingProperties) -> Recording:
        """Blocks. Raises OSError, RecordingFailed."""
        free_mib, wanted_mib = self._catalogue.free_bytes() // _MIB, self._config.ovrouter_recording_min_free_mb
        if free_mib < wanted_mib:
            raise RecordingFailed(
                f"only {free_mib} MiB are free in {self.folder}, and OVROUTER_RECORDING_MIN_FREE_MB is {wanted_mib}"
            )
        recording_id = self._catalogue.reserve_id(session.id)
        recording = new_recording(recording_id, session.id, session.created_at_ms, properties, self._now_ms())
        self._catalogue.save(recording)
        return recording

    async def _run(self, active: ActiveRecording) -> None:
        try:
            await active.run()
        finally:
            active.session.end_recording()
            del self._active[active.id]
            self._automatic.note_end(active)
        await self._close_if_empty(active)

    async def _close_if_empty(self, active: ActiveRecording) -> None:
        """A Session that only its recording kept alive ends with it."""
        if active.session.is_active and not active.session.visible_connections:
            is_automatic = active.reason is EndReason.AUTOMATIC_STOP
            await active.session.close(EndReason.AUTOMATIC_STOP if is_automatic else EndReason.LAST_PARTICIPANT_LEFT)

    async def stop(self, recording_id: str) -> Recording:
        """As REST asks. Raises RecordingNotFound (also if it has ended), RecordingStarting, RecordingFailed."""
        active = self._active.get(recording_id)
        if active is None:
            raise RecordingNotFound(f"No recording {recording_id} is under way")
        active.require_started()
        self._automatic.note_stop_by_hand(active)
        await active.stop(EndReason.RECORDING_STOPPED_BY_SERVER)
        if active.failure is not None:
            raise RecordingFailed(active.failure)
        return active.recording

    # ------------------------------------------------------------------------------------------------------ catalogue

    async def get(self, recording_id: str) -> Recording:
        """Raises RecordingNotFound."""
        found = self._live(recording_id) or await trio.to_thread.run_sync(self._catalogue.load, recording_id)
        if found is None:
            raise RecordingNotFound(f"There is no recording {recording_id}")
        return found

    async def all(self) -> list[Recording]:
        """Those under way and those on disk, oldest first."""
        on_disk = await trio.to_thread.run_sync(self._catalogue.all)
        return [self._live(recording.id) or recording for recording in on_disk]

    async def delete(self, recording_id: str) -> None:
        """Remove it. Raises RecordingUnderWay, RecordingNotFound, StorageFailed, OSError."""
        recording = await self.get(recording_id)
        if recording_id in self._active or not recording.status.is_final:
            raise RecordingUnderWay(f"Recording {recording_id} is {recording.status.value}: stop it first")
        await self._finisher.give_up(recording_id)
        if self._store is not None:
            await trio.to_thread.run_sync(self._store.delete, recording_id)
        await trio.to_thread.run_sync(self._catalogue.delete, recording_id)

    def _live(self, recording_id: str) -> Recording | None:
        """A recording that is not yet on disk as it is."""
        active = self._active.get(recording_id)
        if active is not None:
            return active.recording
        return self._recovery.under_way.get(recording_id) or self._finisher.find(recording_id)
