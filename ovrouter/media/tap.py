"""A local consumer of one uplink: its socket and its tracks in the fast path (warm)."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

from ovrouter.errors import TapRefused
from ovrouter.media.worker import MediaWorker
from ovrouter.medianode import OpenTap
from ovrouter.rtc.plan import PayloadType, TrackOffer

__all__ = ["Tap"]

_log = logging.getLogger("ovrouter.media")

SSRC_OF_KIND: Final = {"audio": 1, "video": 2}
"""A connection has one track of each kind, so fixed numbers tell them apart."""
SOCKET_BUFFER_BYTES: Final = 4 * 1024 * 1024
"""What a consumer may lag behind: some two seconds of a 10 Mbit/s stream, as the kernel counts a packet twice."""
SO_SNDBUFFORCE: Final = 32
"""Linux' option number (``asm-generic/socket.h``), beyond net.core.wmem_max; the socket module has no name for it."""
EVERY_PAYLOAD_TYPE: Final = tuple((pt, pt) for pt in range(128))


class Tap:
    """An open tap. It lives on the worker of its uplink, which an uplink keeps when it is published again."""

    def __init__(self, worker: MediaWorker, command: OpenTap) -> None:
        """Connect to the consumer. Raises TapRefused."""
        self._worker = worker
        self._command = command
        self._socket = _connect(command.path)
        self._handle = worker.fastpath.add_tap(self._socket.fileno())
        self._kinds: set[str] = set()

    def attach(self, tracks: tuple[TrackOffer, ...], handles: Mapping[str, int]) -> None:
        """Describe the tracks of the uplink, and take those that are new. *handles* are up-tracks by kind."""
        wanted = [track for track in tracks if track.kind in self._command.kinds]
        try:
            self._socket.send(_description(self._command, wanted))
        except OSError as error:
            # Without it the consumer could not read what follows; it sees that nothing comes.
            _log.warning("tap %s: its consumer does not read: %s", self._command.tap_id, error.strerror)
            return
        for kind in {track.kind for track in wanted} - self._kinds:
            self._kinds.add(kind)
            self._worker.fastpath.add_down_track(
                handles[kind], self._handle, ssrc=SSRC_OF_KIND[kind], payload_types=EVERY_PAYLOAD_TYPE
            )

    def close(self) -> None:
        """Hand over what waits, then end the connection. To be called once, before the up-tracks go."""
        self._worker.fastpath.remove_transport(self._handle)
        self._socket.close()


def _connect(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.setblocking(False)
        _widen(sock)
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise TapRefused(f"nobody takes media at {path}: {os.strerror(error.errno or 0)}") from error
    return sock


def _widen(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
    with contextlib.suppress(PermissionError):
        sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_BUFFER_BYTES)


def _description(command: OpenTap, tracks: list[TrackOffer]) -> bytes:
    """What :mod:`ovrouter.depacketize.tap` reads first, and again whenever the uplink is published anew."""
    described = {"tap_id": command.tap_id, "tracks": [_track(track) for track in tracks]}
    return json.dumps(described, separators=(",", ":")).encode()


def _track(track: TrackOffer) -> dict[str, Any]:
    return {
        "kind": track.kind,
        "ssrc": SSRC_OF_KIND[track.kind],
        "formats": [_format(payload_type) for payload_type in track.payload_types],
    }


def _format(payload_type: PayloadType) -> dict[str, Any]:
    return {
        "payload_type": payload_type.pt,
        "codec": payload_type.codec,
        "clock_rate": payload_type.clock_rate,
        "channels": payload_type.channels,
        "fmtp": payload_type.fmtp,
    }
