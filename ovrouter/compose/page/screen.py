"""A screen that nobody looks at (Xvfb), and the pictures on it (warm)."""

from __future__ import annotations

import os
import secrets
import select
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import av
from av.error import FFmpegError

from ovrouter.compose.canvas import PIXEL_FORMAT
from ovrouter.compose.composer import Sink
from ovrouter.compose.page import programs
from ovrouter.errors import CompositionFailed

__all__ = ["Camera", "Screen"]

_START_S: Final = 10.0
_FAMILY_WILD: Final = 0xFFFF


class Screen:
    """A running X server that only who reads *folder* may use. Raises CompositionFailed."""

    def __init__(self, folder: Path, width: int, height: int, environment: Mapping[str, str]) -> None:
        access = folder / "xauthority"
        access.write_bytes(_access_file(secrets.token_bytes(16)))
        read_end, write_end = os.pipe()
        os.set_inheritable(write_end, True)
        options = f"-screen 0 {width}x{height}x24 -nolisten tcp -nocursor -noreset -displayfd {write_end}"
        command = [programs.program("Xvfb"), *options.split(), "-auth", str(access)]
        self.process: subprocess.Popen[bytes] = programs.start(command, environment)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as answer:
            if not select.select([answer], [], [], _START_S)[0] or not (number := answer.readline().strip()):
                raise CompositionFailed("Xvfb does not start")
        self.display = f":{number.decode()}"
        self.environment = {"DISPLAY": self.display, "XAUTHORITY": str(access)}
        """What makes programs use it."""


class Camera:
    """A thread that takes pictures of *display* for *sink*, until it is stopped."""

    def __init__(self, display: str, sink: Sink, began_us: int, on_failure: Callable[[str], None]) -> None:
        self._display = display
        self._sink = sink
        self._began_us = began_us
        self._on_failure = on_failure
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the last picture was taken."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._take_pictures()
        except (FFmpegError, ValueError) as error:
            # A ValueError: this FFmpeg knows no x11grab.
            self._on_failure(f"the screen cannot be seen: {error}")

    def _take_pictures(self) -> None:
        width, height = self._sink.size or (0, 0)
        options = {"video_size": f"{width}x{height}", "framerate": str(self._sink.frame_rate), "draw_mouse": "0"}
        next_index = 0
        with av.open(self._display, format="x11grab", options=options) as container:
            for frame in container.decode(video=0):
                if self._is_stopping.is_set():
                    return
                # The first one begins the composition. Where the machine is too slow some are left out.
                index = self._index() if next_index else 0
                if index >= next_index:
                    self._sink.write_picture(frame.reformat(format=PIXEL_FORMAT), index)
                    next_index = index + 1

    def _index(self) -> int:
        """Of a picture that is taken now."""
        return (time.monotonic_ns() // 1000 - self._began_us) * self._sink.frame_rate // 1_000_000


def _access_file(cookie: bytes) -> bytes:
    """An entry for any display in the format of libXau: big-endian lengths before each member."""
    members = (b"", b"", b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack("!H", _FAMILY_WILD) + b"".join(struct.pack("!H", len(member)) + member for member in members)
