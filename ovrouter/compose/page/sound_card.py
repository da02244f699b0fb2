"""A sound card that nobody listens to (PulseAudio) but this process (warm)."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ovrouter.compose.page import programs
from ovrouter.compose.timeline import CHANNELS, SAMPLE_RATE_HZ
from ovrouter.errors import CompositionFailed

__all__ = ["SoundCard"]

_START_S: Final = 10.0
_FORMAT: Final = f"rate={SAMPLE_RATE_HZ} channels={CHANNELS} format=s16le"
_MAX_CHUNK_BYTES: Final = 64 * 1024


class SoundCard:
    """A running sound server with one output; what is played there can be read. Raises CompositionFailed."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        players, listeners = folder / "sound-players", folder / "sound"
        modules = (
            f"module-native-protocol-unix socket={players} auth-anonymous=1",
            f"module-null-sink sink_name=page {_FORMAT}",
            f"module-simple-protocol-unix socket={listeners} source=page.monitor record=1 playback=0 {_FORMAT}",
        )
        options = ["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        command = [programs.program("pulseaudio"), *options, *(f"--load={module}" for module in modules)]
        self.process: subprocess.Popen[bytes] = programs.start(command, environment)
        self.environment = {"PULSE_SERVER": f"unix:{players}"}
        """What makes programs use it."""
        self._socket = self._connected(listeners)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Readable when something was played."""
        return self._socket.fileno()

    def read(self) -> Iterator[bytes]:
        """What was played since: 16-bit samples of all channels, little-endian; maybe cut within a sample."""
        try:
            while chunk := self._socket.recv(_MAX_CHUNK_BYTES):
                yield chunk
        except (BlockingIOError, ConnectionError):
            return

    def _connected(self, path: Path) -> socket.socket:
        deadline_s = time.monotonic() + _START_S
        while time.monotonic() < deadline_s and self.process.poll() is None:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(path))
            except OSError:
                connection.close()
                time.sleep(0.01)
            else:
                return connection
        raise CompositionFailed("PulseAudio does not start")
