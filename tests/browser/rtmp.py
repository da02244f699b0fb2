"""A live server beside a router: what it received of a broadcast."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.interop.rtmp_server import NGINX, RtmpServer

__all__ = ["running_rtmp_server"]

START_S = 60


@contextlib.contextmanager
def running_rtmp_server(folder: Path) -> Iterator[RtmpServer]:
    """Run nginx on a port of its own."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        configuration = folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=folder, port=port))
        command = ["nginx", "-c", str(configuration), "-e", "stderr"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                _wait_listening(process, port)
                yield RtmpServer(folder, port)
            finally:
                process.terminate()


def _wait_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx did not start"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError
