"""Browsers in memory: they drive the ASGI application as a web server would, without a byte on the network."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter.config import Config
from ovrouter.events import Event
from ovrouter.session import Connection, ConnectionProperties, Role, Session, SessionProperties, SessionRegistry
from ovrouter.signaling import Signaling
from ovrouter.testing.fake_media_node import FakeMediaNode

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
        self.accept_headers: dict[bytes, bytes] = {}
        self.closed: tuple[int, str] | None = None
        """Close code and reason that the server sent."""
        self.ended = trio.Event()
        """Set when the application is done with the socket."""
        self.may_read = trio.Event()
        """Cleared by :meth:`freeze`."""
        self.may_read.set()
        self._is_broken = False
        self._app = world.signaling
        self._world = world
        self._scope = {"type": "websocket", "path": "/openvidu", "headers": headers, "client": (peer, 4711)}
        self._to_app, self._app_receive = trio.open_memory_channel[dict[str, Any]](math.inf)
        self._received: list[dict[str, Any]] = []
        self._ids = itertools.count()

    async def run(self) -> None:
        self._to_app.send_nowait({"type": "websocket.connect"})
        await self._app(self._scope, self._app_receive.receive, self._from_app)
        self.ended.set()

    async def _from_app(self, message: Any) -> None:
        await self.may_read.wait()
        await trio.lowlevel.checkpoint()
        if self._is_broken:
            raise trio.BrokenResourceError
        if message["type"] == "websocket.accept":
            self.accept_headers = dict(message["headers"])
        elif message["type"] == "websocket.send":
            self._received.append(json.loads(message["text"]))
        else:
            self.closed = (message.get("code", 1000), message.get("reason", ""))

    def freeze(self) -> None:
        """Read no more."""
        self.may_read = trio.Event()

    def break_connection(self) -> None:
        """Let whatever the server sends next fail."""
        self._is_broken = True

    def drop(self, code: int = 1006) -> None:
        """The socket ends at the client's side."""
        self._to_app.send_nowait({"type": "websocket.disconnect", "code": code})

    def send_text(self, text: str | None) -> None:
        self._to_app.send_nowait({"type": "websocket.receive", "text": text, "bytes": None if text else b"x"})

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
        self.signaling = Signaling(self.registry, config, app_nursery)
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
