"""The composer process's TCP connections, which FFmpeg opened and does not let go while a server is silent (warm)."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

__all__ = ["cut_connections"]


def cut_connections() -> None:
    """Shut every TCP connection of this process down: who waits for one gets an error at once.

    FFmpeg's own time-outs do not reach the connection below RTMP. All else in the process is pipes and Unix sockets.
    """
    for descriptor in Path("/proc/self/fd").iterdir():
        # It may be gone again, or not be connected any more.
        with contextlib.suppress(OSError):
            if descriptor.readlink().name.startswith("socket:"):
                _cut(int(descriptor.name))


def _cut(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as sock:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.shutdown(socket.SHUT_RDWR)
