"""A small router on Pion (``benchmarks/pion``), built from the Go sources that Debian packages (warm)."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import trio

from benchmarks import sdp
from benchmarks.peer import Peer
from benchmarks.routers.child import START_TIMEOUT_S, debian_version, open_child, ready_url
from benchmarks.routers.contract import Publisher, RouterFailed, RouterKind, Subscriber

__all__ = ["pion"]

_SOURCES = Path(__file__).parents[1] / "pion"
_PACKAGES = Path("/usr/share/gocode")
"""Where Debian keeps the sources of Go libraries, in the layout of a GOPATH."""
_IP = "127.0.0.1"


def pion() -> RouterKind:
    """Return the Pion router."""
    is_there = shutil.which("go") and (_PACKAGES / "src/github.com/pion/webrtc").is_dir()
    return RouterKind(
        "Pion",
        _open,
        missing="" if is_there else "apt-get install golang-go golang-github-pion-webrtc.v3-dev",
        version=debian_version("golang-github-pion-webrtc.v3-dev"),
    )


@asynccontextmanager
async def _open(core: int) -> AsyncIterator[PionRouter]:
    with tempfile.TemporaryDirectory(prefix="pion-bench-") as name:
        folder = Path(name)
        program, log_path = await _build(folder), folder / "router.log"
        async with open_child([str(program)], core, log_path) as process:
            url = await ready_url(process, log_path)
            async with httpx.AsyncClient(base_url=url, timeout=START_TIMEOUT_S) as http:
                yield PionRouter(http, process.pid)


async def _build(folder: Path) -> Path:
    """Build the program without a network; seconds at first, then Go's cache has it. Raises RouterFailed."""
    sources, program = folder / "src/pion", folder / "pion-router"
    shutil.copytree(_SOURCES, sources)
    # A GOPATH build takes the libraries as they are installed; a module build would ask a proxy for them.
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": f"{folder}:{_PACKAGES}"}
    built = await trio.run_process(
        ["go", "build", "-o", str(program), "."], cwd=sources, env=environment, capture_stderr=True, check=False
    )
    if built.returncode:
        raise RouterFailed(f"go build says:\n{built.stderr.decode()}")
    return program


@dataclass(frozen=True, slots=True)
class PionRouter:
    """The running program, which has one room."""

    http: httpx.AsyncClient
    pid: int
    ip: str = _IP

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[PionRoom]:
        """Return the room; streams in it are known by their paths only."""
        yield PionRoom(self.http)


@dataclass(frozen=True, slots=True)
class PionRoom:
    """The room."""

    http: httpx.AsyncClient

    @asynccontextmanager
    async def join(self, *, publishes: bool) -> AsyncIterator[PionMember]:
        """Join: the router knows peers, not members, so there is nothing to tell it of either kind."""
        yield PionMember(self.http)


@dataclass(frozen=True, slots=True)
class PionMember:
    """Posts an offer for each peer."""

    http: httpx.AsyncClient

    async def publish(self, peer: Peer) -> Publisher:
        """Publish a camera."""
        audio_ssrc, video_ssrc, rtx_ssrc = (secrets.randbits(31) + 1 for _ in range(3))
        offer = sdp.offer_to_publish(peer.description, audio_ssrc, video_ssrc, rtx_ssrc)
        remote, location = await self._post("/publish", offer)
        await peer.connect(remote)
        return Publisher(peer, location, location, *remote.streams(video_ssrc, audio_ssrc))

    async def subscribe(self, peer: Peer, publisher: Publisher) -> Subscriber:
        """Subscribe to what was published."""
        remote, _ = await self._post(publisher.stream_id, sdp.offer_to_subscribe(peer.description))
        await peer.connect(remote)
        return Subscriber(peer, *remote.payload_types())

    async def _post(self, path: str, offer: str) -> tuple[sdp.RemoteDescription, str]:
        answer = await self.http.post(path, content=offer)
        if answer.is_error:
            raise RouterFailed(f"Pion refused {path}: {answer.text.strip()}")
        return sdp.parse(answer.text), answer.headers["Location"]
