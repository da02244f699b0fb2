"""The last steps of a recording, after its job or after a crash: its files, and where they are kept (warm)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

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
"""Between attempts, to store a file or to finish one where the disk is full: twice as long each time."""


class Finisher:
    """Makes recordings ready. With *store* they are so when they are there; until then their files stay here."""

    def __init__(self, catalogue: Catalogue, store: ObjectStore | None, nursery: trio.Nursery) -> None:
        self._attempts: dict[str, _Attempts] = {}
        self._catalogue = catalogue
        self._store = store
        self._nursery = nursery

    async def finish(self, recording: Recording, failure: str | None, tell: Callable[[], None]) -> str | None:
        """Make the files ready and say so in *recording* and on disk; returns why the recording failed, if it did.

        *tell* is called once the status is final, which takes longer than this call if the recording is to be stored. A
        recording that *failure* ended keeps what was recorded before, and keeps it here. What a full disk prevents is
        tried again until there is room, by the next router too.
        """
        try:
            return await self._finish(recording, failure, tell)
        except OSError as error:
            failure = failure or f"its files cannot be finished: {error}"
            recording.status = Status.FAILED
            self._begin(self._finish_later, recording, failure)
            tell()
            return failure

    def find(self, recording_id: str) -> Recording | None:
        """One that the disk does not know as it is: not stored yet, or not finished for want of room."""
        attempts = self._attempts.get(recording_id)
        return attempts.recording if attempts else None

    async def give_up(self, recording_id: str) -> None:
        """It is to be deleted: returns once nothing is done about it any more."""
        if attempts := self._attempts.get(recording_id):
            attempts.scope.cancel()
            await attempts.ended.wait()

    async def _finish(self, recording: Recording, failure: str | None, tell: Callable[[], None]) -> str | None:
        """Raises OSError, before *tell* is called."""
        try:
            outcome = await MODES[recording.output_mode].finish(self._catalogue.folder_of(recording.id), recording)
        except RecordingFailed as error:
            failure = failure or f"its files cannot be finished: {error}"
        else:
            recording.size, recording.duration = outcome.size_bytes, outcome.duration_s
            if failure is None and self._store is not None:
                self._begin(self._deliver, recording, outcome, tell)
                return None
            recording.url = self._catalogue.url_of(recording.id, outcome.file)
        await self._conclude(recording, Status.READY if failure is None else Status.FAILED, tell)
        return failure

    async def _conclude(self, recording: Recording, status: Status, tell: Callable[[], None]) -> None:
        """Raises OSError."""
        recording.status = status
        await trio.to_thread.run_sync(self._catalogue.save, recording)
        tell()

    def _begin(self, work: Callable[..., Awaitable[None]], recording: Recording, *arguments: Any) -> None:
        attempts = self._attempts[recording.id] = _Attempts(recording)
        self._nursery.start_soon(
            isolated, "finishing of a recording", self._attempt, attempts, partial(work, recording, *arguments)
        )

    async def _attempt(self, attempts: _Attempts, work: Callable[[], Awaitable[None]]) -> None:
        try:
            with attempts.scope:
                await work()
        finally:
            del self._attempts[attempts.recording.id]
            attempts.ended.set()

    async def _finish_later(self, recording: Recording, failure: str) -> None:
        await _keep_trying(recording, partial(self._finish, recording, failure, lambda: None))

    async def _deliver(self, recording: Recording, outcome: Outcome, tell: Callable[[], None]) -> None:
        await _keep_trying(recording, partial(self._deliver_once, recording, outcome, tell))
        await trio.to_thread.run_sync(self._catalogue.delete_files, recording.id)

    async def _deliver_once(self, recording: Recording, outcome: Outcome, tell: Callable[[], None]) -> None:
        """Raises OSError, StorageFailed."""
        recording.url = await trio.to_thread.run_sync(self._store_files, recording, outcome)
        await self._conclude(recording, Status.READY, tell)

    def _store_files(self, recording: Recording, outcome: Outcome) -> str:
        """Blocks, and can be cancelled; the URL of what is to be downloaded."""
        assert self._store is not None  # noqa: S101 - nothing is delivered otherwise
        folder = self._catalogue.folder_of(recording.id)
        thumbnail = folder / f"{recording.id}.jpg"
        if thumbnail.exists():
            self._store.upload(recording.id, thumbnail, trio.from_thread.check_cancelled)
        return self._store.upload(recording.id, folder / outcome.file, trio.from_thread.check_cancelled)


@dataclass(frozen=True, slots=True, eq=False)
class _Attempts:
    """What goes on about a recording that is neither ready nor lost."""

    recording: Recording
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)


async def _keep_trying(recording: Recording, attempt: Callable[[], Awaitable[object]]) -> None:
    """However long that takes. What the router's end interrupts, the next start takes up."""
    delay_s = FIRST_DELAY_S
    while True:
        try:
            await attempt()
        except (OSError, StorageFailed) as error:
            _log.warning("recording %s stays as it is for now: %s", recording.id, error)
        else:
            return
        await trio.sleep(delay_s)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)
