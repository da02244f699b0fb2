"""Browsers in memory: they are served as by the web server, without a byte on the network."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import trio
from trio.testing import wait_all_tasks_blocked
from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionType
from wsproto.events import CloseConnection, TextMessage

from ovrouter.config import Config
from ovrouter.events import Event
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import Connection, ConnectionProperties, Role, Session, SessionProperties, SessionRegistry
from ovrouter.signaling import Signaling
from ovrouter.testing.fake_media_node import FakeMediaNode
from ovrouter.websocket import WebSocket

__all__ = ["Page", "World", "open_world", "settle"]

settle = wait_all_tasks_blocked
"""Wait until everybody has reacted to everything; no time passes."""

DIMENSIONS = '{"width":640,"height":480}'
PUBLISH = {
    "sdpOffer": "v=0 offer",
    "doLoopback": False,
    "hasAudio": True,
    "hasVideo": True,
    "audioActive": True,
    "videoActive": True,
    "typeOfVideo": "CAMERA",
    "frameRate": 30,
    "videoDimensions": DIMENSIONS,
}


class Page:
    """One WebSocket of a browser."""

    def __init__(self, world: World, *, headers: tuple[tuple[bytes, bytes], ...] = (), peer: str = "192.0.2.7") -> None:
        self.id = ""
        """Connection id once it joined."""
        self.rpc_session_id = ""
        self.headers = dict(headers)
        self.peer_ip = peer
        self.accept_headers: dict[bytes, bytes] = {}
        self.refused: int | None = None
        """HTTP status of a refused handshake."""
        self.closed: tuple[int, str] | None = None
        """Close code and reason that the server sent."""
        self.ended = trio.Event()
        """Set when the application is done with the socket."""
        self.may_read = trio.Event()
        """Cleared by :meth:`freeze`."""
        self.may_read.set()
        self.writes: list[int] = []
        """How many messages each write brought."""
        self._is_broken = False
        self._unsent = b""
        self._frames = Frames(ConnectionType.CLIENT)
        self._app = world.signaling
        self._to_app, self._from_browser = trio.open_memory_channel[str](math.inf)
        self._received: list[dict[str, Any]] = []
        self._ids = itertools.count()

    async def run(self) -> None:
        """Be a :class:`ovrouter.websocket.WebSocket` to the application."""
        await self._app(cast("WebSocket", self))
        self.ended.set()

    async def accept(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.accept_headers = dict(headers)

    async def refuse(self, status: int) -> None:
        self.refused = status

    async def receive(self) -> str | None:
        try:
            return await self._from_browser.receive()
        except (trio.EndOfChannel, trio.ClosedResourceError):
            return None

    def write(self, frames: bytes) -> bool:
        if self._is_broken:
            raise trio.BrokenResourceError
        if not self.may_read.is_set():
            self._unsent += frames
            return False
        self._take(frames)
        return True

    async def drain(self) -> None:
        await self.may_read.wait()
        frames, self._unsent = self._unsent, b""
        self._take(frames)

    def abort(self) -> None:
        self._from_browser.close()

    def _take(self, frames: bytes) -> None:
        before = len(self._received)
        self._frames.receive_data(frames)
        for event in self._frames.events():
            if isinstance(event, TextMessage):
                self._received.append(json.loads(event.data))
            elif isinstance(event, CloseConnection):
                self.closed = (event.code, event.reason or "")
        self.writes.append(len(self._received) - before)

    def freeze(self) -> None:
        """Read no more."""
        self.may_read = trio.Event()

    def break_connection(self) -> None:
        """Let whatever the server sends next fail."""
        self._is_broken = True

    def drop(self) -> None:
        """The socket ends at the client's side."""
        self._to_app.close()

    def send_text(self, text: str) -> None:
        self._to_app.send_nowait(text)

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        request_id = next(self._ids)
        request: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "id": request_id}
        if params is not None:
            request["params"] = params
        self.send_text(json.dumps(request))
        return request_id

    def take(self) -> list[dict[str, Any]]:
        """What arrived since the last call, in order."""
        frames, self._received = self._received, []
        return frames

    async def call(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request, wait until all is quiet, return its answer; what else arrived is dropped."""
        request_id = self.send(method, params)
        await settle()
        (answer,) = [frame for frame in self.take() if frame.get("id") == request_id]
        return answer

    async def result(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = (await self.call(method, params))["result"]
        return result

    async def error(self, method: str, params: dict[str, Any] | None = None) -> tuple[int, str]:
        error = (await self.call(method, params))["error"]
        return error["code"], error["message"]

    async def join(self, session: Session, token: str, **extra: Any) -> dict[str, Any]:
        params = {"token": token, "session": session.id, "platform": "Chrome", "metadata": "", "secret": ""}
        result = await self.result("joinRoom", params | extra)
        self.id, self.rpc_session_id = result["id"], result["sessionId"]
        return result

    async def publish(self, **changes: Any) -> str:
        """Publish; returns the stream id."""
        return str((await self.result("publishVideo", PUBLISH | changes))["id"])


class World:
    """A signaling server with everything that it needs."""

    def __init__(self, config: Config, nursery: trio.Nursery, app_nursery: trio.Nursery) -> None:
        self.config = config
        self.media = FakeMediaNode()
        self.now_ms = 1_700_000_000_000
        self.registry = SessionRegistry(config, self.media, self._emit, lambda: self.now_ms)
        self.signaling = Signaling(self.registry, config, SecretGuesses(config.openvidu_secret), app_nursery)
        self.registry.nodes.discover()
        self.session = self.registry.create(SessionProperties())
        self.app_nursery = app_nursery
        self._nursery = nursery

    def _emit(self, event: Event) -> None:
        self.signaling.notify(event)

    def connection(self, role: Role = Role.PUBLISHER, **properties: Any) -> Connection:
        return self.session.create_connection(ConnectionProperties(role=role, **properties))

    async def open(self, **settings: Any) -> Page:
        """A page whose socket is open."""
        page = Page(self, **settings)
        self._nursery.start_soon(page.run)
        await settle()
        return page

    async def join(self, role: Role = Role.PUBLISHER, **extra: Any) -> Page:
        """A page that joined the session."""
        page = await self.open()
        await page.join(self.session, self.connection(role).token, **extra)
        return page


@asynccontextmanager
async def open_world(**settings: Any) -> AsyncIterator[World]:
    config = Config(**({"openvidu_secret": "s3cret", "domain_or_public_ip": "ov.example.com"} | settings))
    async with trio.open_nursery() as app_nursery, trio.open_nursery() as nursery:
        yield World(config, nursery, app_nursery)
        nursery.cancel_scope.cancel()
        app_nursery.cancel_scope.cancel()
