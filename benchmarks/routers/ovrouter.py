"""This router, started as a user starts it (warm)."""

from __future__ import annotations

import functools
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.routers.child import open_child, ready_url
from benchmarks.routers.contract import RouterKind
from benchmarks.routers.openvidu import OpenViduRouter
from ovrouter import __version__

__all__ = ["open_ovrouter", "ovrouter"]

_IP = "127.0.0.1"
_SETTINGS = {
    "OVROUTER_WORKERS": "1",
    "OVROUTER_MEDIA_IP": _IP,
    "OVROUTER_MEDIA_PORT": "0",
    "OVROUTER_LISTEN_IP": _IP,
    "OVROUTER_LOG_LEVEL": "WARNING",
    "DOMAIN_OR_PUBLIC_IP": _IP,
    "HTTPS_PORT": "0",
    # The load is what several publishers send, so the limits meant for one would cut it.
    "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH": "0",
    "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH": "0",
    "OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH": "0",
    "OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH": "0",
}


def ovrouter(settings: Mapping[str, str]) -> RouterKind:
    """Return this router with further *settings*."""
    return RouterKind("ovrouter", functools.partial(open_ovrouter, settings), version=__version__)


@asynccontextmanager
async def open_ovrouter(settings: Mapping[str, str], core: int | None) -> AsyncIterator[OpenViduRouter]:
    """Run this router with further *settings* for the length of the block; on all cores if *core* is None."""
    with tempfile.TemporaryDirectory(prefix="ovrouter-bench-") as folder:
        secret = secrets.token_hex(16)
        given = _SETTINGS | {"OVROUTER_DATA_DIR": folder, "OPENVIDU_SECRET": secret} | dict(settings)
        command = [sys.executable, "-m", "ovrouter", "serve"]
        command += [word for name, value in given.items() for word in ("--set", f"{name}={value}")]
        log_path = Path(folder, "router.log")
        async with open_child(command, core, log_path) as process:
            yield OpenViduRouter(await ready_url(process, log_path), secret, process.pid)
