"""Debian's nginx with its RTMP module: takes streams and keeps each in a file."""

import subprocess
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

NGINX = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
error_log stderr notice;
pid {folder}/nginx.pid;
worker_processes 1;
user root;
events {{ worker_connections 64; }}
rtmp {{ server {{
    listen 127.0.0.1:{port};
    application live {{ live on; record all; record_path {folder}; record_unique on; record_suffix .flv; }}
}} }}
"""


class RtmpServer:
    """A running nginx."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"rtmp://127.0.0.1:{port}/live/key"

    @property
    def files(self) -> list[Path]:
        """What was received, one file for each connection, oldest first."""
        return sorted(self.folder.glob("*.flv"), key=lambda path: path.stat().st_mtime_ns)

    async def received(self, size_bytes: int, files: int = 1) -> None:
        """Until so many connections have come, and over the latest so much."""
        while len(self.files) < files or self.files[-1].stat().st_size < size_bytes:  # noqa: ASYNC110 - nginx tells nobody
            await trio.sleep(0.05)


@asynccontextmanager
async def rtmp_server(folder: Path, port: int):
    """Run nginx on *port* for the length of an ``async with`` block."""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port))
    command = ["nginx", "-c", str(configuration), "-e", "stderr"]
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(trio.run_process, command, stderr=subprocess.DEVNULL, check=False))
        while not await _listens(port):
            assert process.poll() is None, "nginx did not start"
            await trio.sleep(0.05)
        yield RtmpServer(folder, port)
        process.terminate()


async def _listens(port: int) -> bool:
    try:
        await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
    except OSError:
        return False
    return True
