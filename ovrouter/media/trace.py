"""``OVROUTER_TRACE``: the file with all that gets into a worker, for ``ovrouter replay`` (warm).

The worker notes into memory, this module writes; docs/design.md has the layout and says what a slow disk does.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import trio

from ovrouter import __version__
from ovrouter._fastpath import Worker
from ovrouter.errors import ConfigError, TraceUnreadable

__all__ = ["TraceWriter", "read_records", "split_records", "trace_path"]

_log = logging.getLogger("ovrouter.trace")

MAGIC: Final = b"ovrouter trace 1 "
"""Begins the first line, which ends with the version of the software."""
HEADER_BYTES: Final = 100
"""More than the first line may have."""
WAITING_BYTES: Final = 32 * 1024 * 1024
"""What may wait for the disk: two seconds of 100 Mbit/s coming in."""
WRITE_INTERVAL_S: Final = 0.1
WRITE_S: Final = 2
"""A disk that takes longer for one write ends the trace."""
_CHUNK: Final = struct.Struct("=II")
"""Length and CRC-32 of the records that follow."""
_RECORD: Final = struct.Struct("=IBq")
"""Length of the body, kind, time in µs: ``write_record`` of ``_fastpath/trace.pxi``."""


def trace_path(configured: str, worker: int, workers: int) -> Path | None:
    """The file of one worker: the configured one or, if there are several, that with the worker's number; None: off."""
    if not configured:
        return None
    return Path(configured if workers == 1 else f"{configured}.{worker}")


class TraceWriter:
    """The trace of one worker and its file."""

    def __init__(self, path: Path, fastpath: Worker) -> None:
        """Begin it; an older file of that name is replaced. Raises ConfigError."""
        _create(path)
        self._path = path
        self._fastpath = fastpath
        self._is_writable = True
        """False while a write is under way, and once one has failed."""
        fastpath.begin_trace(WAITING_BYTES)
        _log.warning("all media and its keys are written to %s: keep it to yourself", path)

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        while True:
            await trio.sleep(WRITE_INTERVAL_S)
            await self._write(self._fastpath.take_trace())

    async def finish(self) -> None:
        """Write the rest, when the worker has stopped."""
        await self._write(self._fastpath.take_trace(is_last=True))

    async def _write(self, records: bytes) -> None:
        if not records or not self._is_writable:
            return
        self._is_writable = False
        chunk = _CHUNK.pack(len(records), zlib.crc32(records)) + records
        with trio.move_on_after(WRITE_S, shield=True) as deadline:
            try:
                await trio.to_thread.run_sync(_append, self._path, chunk, abandon_on_cancel=True)
                self._is_writable = True
            except OSError as error:
                _log.error("the trace %s ends here: %s", self._path, error.strerror)
        if deadline.cancelled_caught:
            _log.error("the trace %s ends here: its disk took more than %d s", self._path, WRITE_S)


def _append(path: Path, data: bytes) -> None:
    # Opened for each write, so that nothing is left of one that hangs but its thread.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW), "ab") as file:
        file.write(data)


def _create(path: Path) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600), "wb") as file:
            # An older file may have been longer, and readable to all. A device cannot be truncated, and stays as it is.
            file.truncate()
            os.fchmod(file.fileno(), 0o600)
            file.write(MAGIC + __version__.encode() + b"\n")
    except OSError as error:
        raise ConfigError((f"OVROUTER_TRACE: cannot write {path}: {error.strerror}",)) from error


def read_records(file: BinaryIO) -> Iterator[tuple[int, int, memoryview]]:
    """(kind, time in µs, body) of each record; ends where a writer was cut off.

    Raises TraceUnreadable if the file is something else or was changed.
    """
    header = file.readline(HEADER_BYTES)
    if not header.startswith(MAGIC) or not header.endswith(b"\n"):
        raise TraceUnreadable("not a trace of this version's layout")
    while len(head := file.read(_CHUNK.size)) == _CHUNK.size:
        length, checksum = _CHUNK.unpack(head)
        if length > WAITING_BYTES:
            raise TraceUnreadable(f"the trace is damaged before byte {file.tell()}")
        chunk = file.read(length)
        if len(chunk) < length:
            return
        if zlib.crc32(chunk) != checksum:
            raise TraceUnreadable(f"the trace is damaged before byte {file.tell()}")
        yield from split_records(memoryview(chunk))


def split_records(chunk: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """The records of one chunk, as :func:`read_records` gives them."""
    offset = 0
    while offset < len(chunk):
        length, kind, now_us = _RECORD.unpack_from(chunk, offset)
        offset += _RECORD.size
        yield kind, now_us, chunk[offset : offset + length]
        offset += length
