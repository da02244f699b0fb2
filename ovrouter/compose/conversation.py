"""A composing process's end of the conversation with the router: orders in, reports out (warm)."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar

import msgspec

from ovrouter.compose.orders import Report

__all__ = ["OrderPipe", "report"]

Order = TypeVar("Order")

_MAX_CHUNK_BYTES: Final = 64 * 1024


class OrderPipe(Generic[Order]):
    """Standard input, without blocking: one order of type *kind* per line."""

    def __init__(self, kind: Any) -> None:
        self.fileno = sys.stdin.fileno()
        self.is_ended = False
        """Nobody will order anything more: the process is to end."""
        self._decoder: msgspec.json.Decoder[Order] = msgspec.json.Decoder(kind)
        self._unread = b""
        os.set_blocking(self.fileno, False)

    def read(self) -> Iterator[Order]:
        """What has come; to be called when there is something to read."""
        chunk = os.read(self.fileno, _MAX_CHUNK_BYTES)
        self.is_ended = not chunk
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return map(self._decoder.decode, lines)


_stdout_lock = threading.Lock()


def report(what: Report) -> None:
    """Tell the router; any thread may."""
    with _stdout_lock:
        sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
        sys.stdout.buffer.flush()
