"""Takes streams from taps and writes them to files (warm).

It finishes when its standard input ends, and writes a line of JSON to standard output for each thing that happens:
``listening``, ``opened`` and ``closed`` (a file; see :mod:`stream_writer`), ``keyframe`` (wanted from a stream) and
``failed`` (a stream cannot be written any more). A tap's id is anything, a slash, and the id of its stream.
"""

from __future__ import annotations

import json
import logging
import re
import select
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from ovrouter.depacketize import MediaFrame, TapReader
from ovrouter.recorder.stream_writer import StreamWriter

__all__ = ["RecorderProcess"]

_log = logging.getLogger("ovrouter.recorder")

POLL_S: Final = 0.05
"""Packets are taken in batches: waking for each would cost more than all the rest."""
MESSAGES_PER_POLL: Final = 2000
"""Of one tap; then the others get their turn."""
MAX_MESSAGE_BYTES: Final = 65536
MAX_TAPS: Final = 1024
_STREAM_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
"""It becomes part of a file name."""


class RecorderProcess:
    """All taps of one recording."""

    def __init__(self, path: str, folder: Path) -> None:
        self._folder = folder
        self._taps: list[_Tap] = []
        # Media is dated in Unix time, which must not jump with the system's clock.
        self._epoch_us = time.time_ns() // 1000 - time.monotonic_ns() // 1000
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(path)
        self._listener.listen(MAX_TAPS)
        self._listener.setblocking(False)
        report({"event": "listening"})

    def run(self) -> None:
        """Serve until standard input ends; then end all files."""
        while not select.select([sys.stdin], [], [], POLL_S)[0]:
            self.poll()
        self.poll()
        for tap in self._taps:
            tap.close(self._now_us())

    def poll(self) -> None:
        """Take what has come since."""
        self._accept()
        now_us = self._now_us()
        self._taps = [tap for tap in self._taps if tap.poll(now_us)]

    def _now_us(self) -> int:
        return self._epoch_us + time.monotonic_ns() // 1000

    def _accept(self) -> None:
        while len(self._taps) < MAX_TAPS:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            connection.setblocking(False)
            self._taps.append(_Tap(connection, self._folder))


class _Tap:
    """One connection and the file that comes of it."""

    def __init__(self, connection: socket.socket, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self._reader = TapReader()
        self._writer: StreamWriter | None = None
        self._has_failed = False

    def poll(self, now_us: int) -> bool:
        """Take what has come; False once the tap is over."""
        try:
            is_open = self._receive(now_us)
            self._write(self._reader.frames(now_us), now_us)
        except OSError as error:
            self._fail(error)
            is_open = False
        if not is_open:
            self.close(now_us)
        return is_open

    def _receive(self, now_us: int) -> bool:
        receive, take = self._connection.recv, self._reader.receive
        for _ in range(MESSAGES_PER_POLL):
            try:
                message = receive(MAX_MESSAGE_BYTES)
            except BlockingIOError:
                return True
            if not message:
                return False
            take(message, now_us)
        return True

    def _write(self, frames: Iterable[MediaFrame], now_us: int) -> None:
        writer = self._writer = self._writer or self._new_writer()
        if writer is None:
            return
        writer.take(frames, len(self._reader.kinds), now_us)
        if self._reader.take_keyframe_wish() or writer.wants_keyframe:
            writer.wants_keyframe = False
            report({"event": "keyframe", "stream_id": writer.stream_id})

    def _new_writer(self) -> StreamWriter | None:
        """Once the description has said whose tap it is."""
        stream_id = (self._reader.tap_id or "").rpartition("/")[2]
        return StreamWriter(self._folder, stream_id, report) if _STREAM_ID.fullmatch(stream_id) else None

    def _fail(self, error: OSError) -> None:
        if self._writer is not None and not self._has_failed:
            self._has_failed = True
            _log.error("%s cannot be recorded: %s", self._writer.stream_id, error)
            report({"event": "failed", "stream_id": self._writer.stream_id, "reason": error.strerror or str(error)})

    def close(self, now_us: int) -> None:
        """End the file with what is left."""
        self._connection.close()
        if self._writer is None:
            return
        try:
            if not self._has_failed:
                self._write(self._reader.last_frames(), now_us)
            self._writer.close()
        except OSError as error:
            self._fail(error)


def report(event: dict[str, Any]) -> None:
    """Tell the parent; if that is gone, the end of input comes next."""
    try:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        return
