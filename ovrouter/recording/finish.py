"""The last steps of a recording, after its job or after a crash: its files, and where they are kept (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable

import trio

from ovrouter.errors import RecordingFailed, StorageFailed
from ovrouter.isolate import isolated
from ovrouter.recording.catalogue import Catalogue
from ovrouter.recording.job import Outcome
from ovrouter.recording.modes import MODES
from ovrouter.recording.object_store import ObjectStore
from ovrouter.recording.recording import Recording, Status

__all__ = ["Finisher"]

_log = logging.getLogger("ovrouter.recording")

FIRST_DELAY_S, LONGEST_DELAY_S = 5.0, 300.0
"""Between attempts to store a file: twice as long each time."""


class Finisher:
    """Makes recordings ready. With *store* they are so when they are there; until then their files stay here."""

    def __init__(self, catalogue: Catalogue, store: ObjectStore | None, nursery: trio.Nursery) -> None:
        self.under_way: dict[str, Recording] = {}
        """Those that are whole, but not stored yet, by id."""
        self._catalogue = catalogue
        self._store = store
        self._nursery = nursery

    async def finish(self, recording: Recording, failure: str | None, tell: Callable[[], None]) -> str | None:
        """Make the files ready and say so in *recording* and on disk; returns why the recording failed, if it did.

        *tell* is called once the status is final, which takes longer than this call if the recording is to be stored. A
        recording that *failure* ended keeps what was recorded before, and keeps it here.
        """
        try:
            outcome = await MODES[recording.output_mode].finish(self._catalogue.folder_of(recording.id), recording)
        except (OSError, RecordingFailed) as error:
            failure = failure or f"its files cannot be finished: {error}"
        else:
            recording.size, recording.duration = outcome.size_bytes, outcome.duration_s
            if failure is None and self._store is not None:
                self.under_way[recording.id] = recording
                self._nursery.start_soon(isolated, "storing of a recording", self._deliver, recording, outcome, tell)
                return None
            recording.url = self._catalogue.url_of(recording.id, outcome.file)
        await self._conclude(recording, Status.READY if failure is None else Status.FAILED, tell)
        return failure

    async def _conclude(self, recording: Recording, status: Status, tell: Callable[[], None]) -> None:
        recording.status = status
        try:
            await trio.to_thread.run_sync(self._catalogue.save, recording)
        except OSError as error:
            # After a restart it is finished again.
            _log.error("the outcome of recording %s cannot be kept: %s", recording.id, error)
        tell()

    async def _deliver(self, recording: Recording, outcome: Outcome, tell: Callable[[], None]) -> None:
        """Store it, however long that takes. What the router's end interrupts, the next start takes up."""
        try:
            recording.url = await self._stored(recording, outcome)
            await self._conclude(recording, Status.READY, tell)
            await trio.to_thread.run_sync(self._catalogue.delete_files, recording.id)
        finally:
            del self.under_way[recording.id]

    async def _stored(self, recording: Recording, outcome: Outcome) -> str:
        delay_s = FIRST_DELAY_S
        while True:
            try:
                return await trio.to_thread.run_sync(self._store_files, recording, outcome)
            except StorageFailed as error:
                _log.warning("recording %s stays here for now: %s", recording.id, error)
            await trio.sleep(delay_s)
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    def _store_files(self, recording: Recording, outcome: Outcome) -> str:
        """Blocks, and can be cancelled; the URL of what is to be downloaded."""
        assert self._store is not None  # noqa: S101 - nothing is delivered otherwise
        folder = self._catalogue.folder_of(recording.id)
        thumbnail = folder / f"{recording.id}.jpg"
        if thumbnail.exists():
            self._store.upload(recording.id, thumbnail, trio.from_thread.check_cancelled)
        return self._store.upload(recording.id, folder / outcome.file, trio.from_thread.check_cancelled)
