"""The CDR: every event as a line of a file, a file for each day (warm)."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from pathlib import Path

import msgspec
import trio

from ovrouter.data_files import append_durably, sync_folder
from ovrouter.reporting.cdr_names import cdr_name, day_of, expired
from ovrouter.reporting.commit import GroupCommit
from ovrouter.reporting.event_json import Json
from ovrouter.reporting.losses import Losses
from ovrouter.reporting.shelter import open_shelter

__all__ = ["CdrLog", "open_cdr_log"]

_log = logging.getLogger("ovrouter.cdr")

Now = Callable[[], datetime]
"""The local time: days and names are those of the machine's time zone."""


class CdrLog:
    """Takes events; comes from :func:`open_cdr_log`."""

    def __init__(self, commit: GroupCommit) -> None:
        self._commit = commit

    def report(self, name: str, members: Json) -> None:
        """Write an event soon."""
        self._commit.put(msgspec.json.encode({name: members}) + b"\n")

    async def durable(self) -> None:
        """Return when what was reported is on disk."""
        await self._commit.durable()


@asynccontextmanager
async def open_cdr_log(folder: Path, *, now: Now = datetime.now) -> AsyncIterator[CdrLog]:
    """Write to files in *folder*, which is made if needed; at the end everything is on disk. Raises OSError."""
    files = await trio.to_thread.run_sync(CdrFiles, folder, now)

    async def write(lines: list[bytes]) -> None:
        await trio.to_thread.run_sync(files.append, lines)

    try:
        async with open_shelter() as shelter:
            commit = GroupCommit(write, Losses(_log, f"CDR in {folder}"))
            shelter.start_soon(commit.run)
            try:
                yield CdrLog(commit)
            finally:
                with trio.CancelScope(shield=True):
                    await commit.flush()
    finally:
        files.close()


class CdrFiles:
    """The files of one folder; every call blocks."""

    def __init__(self, folder: Path, now: Now) -> None:
        self._folder = folder
        self._now = now
        self._started = now()
        self._day = self._started.date()
        folder.mkdir(parents=True, exist_ok=True)
        self._descriptor = self._open(self._day)

    def append(self, lines: list[bytes]) -> None:
        """Write *lines* to the file of today. Raises OSError, having written none."""
        today = self._now().date()
        if today > self._day:
            self._turn_to(today)
        append_durably(self._descriptor, b"".join(lines))

    def close(self) -> None:
        """Write no more."""
        os.close(self._descriptor)

    def _turn_to(self, day: date) -> None:
        opened = self._open(day)
        os.close(self._descriptor)
        self._descriptor, self._day = opened, day

    def _open(self, day: date) -> int:
        path = self._folder / cdr_name(day, self._started)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        sync_folder(self._folder)
        for name in expired(self._sizes(), day):
            with suppress(OSError):
                (self._folder / name).unlink()
        return descriptor

    def _sizes(self) -> list[tuple[str, int]]:
        return [(path.name, path.stat().st_size) for path in self._folder.iterdir() if day_of(path.name)]
