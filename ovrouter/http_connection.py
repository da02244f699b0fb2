"""One HTTP or HTTPS connection of one peer (warm).

hypercorn's HTTP/1.1 state machine does the protocol until a peer asks for a WebSocket (``websocket.py``). Waiting and
failing are ours, so that what a peer sends, or does not send, or does not read, ends its own connection within a known
time and touches nothing else.
"""

from __future__ import annotations

import logging
import math
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeAlias, cast

import h11
import hypercorn
import trio
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H2CProtocolRequiredError, H2ProtocolAssumedError, H11Protocol
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import (
    AppWrapper,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    ConnectionState,
    HTTPDisconnectEvent,
    Scope,
)

from ovrouter.isolate import isolated
from ovrouter.websocket import WebSocket, wants_websocket
from ovrouter.wire import Wire

__all__ = ["HttpConnection", "WebSocketApp"]

HANDSHAKE_TIMEOUT_S = 10.0
"""A TLS handshake is two round trips; whoever needs longer holds a socket for nothing."""
KEEP_ALIVE_S = 15.0
"""How long to wait for a complete request head: idle clients and trickled headers alike."""
REQUEST_GRACE_S = 1.0
"""At shutdown: what a request in progress may still take."""
MAX_QUEUED_EVENTS = 10
"""Received parts that an application has not taken yet; beyond, the peer's TCP window fills."""

_log = logging.getLogger("ovrouter.http")

_PEER_FAULTS = (h11.ProtocolError, H2CProtocolRequiredError, H2ProtocolAssumedError)
"""What hypercorn raises when a peer breaks HTTP/1.1 or tries cleartext HTTP/2. ``LocalProtocolError`` is among them: an
answer that became impossible."""

_LOST = (trio.BrokenResourceError, trio.ClosedResourceError)

_Send = Callable[[ASGISendEvent | None], Awaitable[None]]
WebSocketApp: TypeAlias = Callable[[WebSocket], Awaitable[None]]


class HttpConnection:
    """Serves one accepted stream; :meth:`run` may be called once, :meth:`close` has to be."""

    def __init__(
        self,
        stream: trio.SocketStream,
        tls: ssl.SSLContext | None,
        app: AppWrapper,
        websocket_apps: Mapping[str, WebSocketApp],
        settings: hypercorn.Config,
        context: WorkerContext,
    ) -> None:
        self._wire = Wire(stream, tls)
        self._app = app
        self._websocket_apps = websocket_apps
        self._settings = settings
        self._context = context
        self._send_lock = trio.Lock()
        self._reading = trio.CancelScope(deadline=trio.current_time() + HANDSHAKE_TIMEOUT_S)
        self._protocol: H11Protocol | None = None
        """While HTTP is spoken."""

    async def run(self) -> None:
        """Serve the peer until either side ends the connection. What the peer does wrong is no error here."""
        try:
            with self._reading:
                await self._wire.handshake()
            if not self._reading.cancelled_caught and (websocket := await self._converse()) is not None:
                await self._serve(websocket)
        except* _LOST as group:
            _log.debug("a peer ended its connection: %r", group.exceptions)

    def close(self) -> None:
        """End it, however far it came."""
        self._wire.close()

    def finish(self) -> None:
        """At shutdown: end now, unless a request is being answered, which gets a moment."""
        busy = self._protocol is not None and self._protocol.stream is not None
        self._reading.deadline = trio.current_time() + (REQUEST_GRACE_S if busy else 0)

    async def _converse(self) -> WebSocket | None:
        """Speak HTTP until the end, or until the peer wants a WebSocket."""
        self._reading = trio.CancelScope(deadline=trio.current_time() + KEEP_ALIVE_S)
        tasks = _AppTasks(self._reading)
        async with tasks:
            self._protocol = _Protocol(
                self._app,
                self._settings,
                self._context,
                tasks,
                ConnectionState({}),
                self._wire.is_encrypted,
                self._wire.peer_address,
                self._wire.own_address,
                self._handle,
            )
            try:
                await self._read(self._protocol)
            except _UpgradeError as upgrade:
                return WebSocket(self._wire, upgrade.http, upgrade.request)
            tasks.hang_up()
            await self._protocol.handle(Closed())
        return None

    async def _read(self, protocol: H11Protocol) -> None:
        with self._reading, suppress(*_PEER_FAULTS, *_LOST):
            while data := await self._wire.receive():
                await protocol.handle(RawData(data))

    async def _handle(self, event: Event) -> None:
        """Do what hypercorn's protocol decided."""
        match event:
            case RawData(data=data):
                await self._send(data)
            case Updated(idle=idle):
                self._reading.deadline = trio.current_time() + KEEP_ALIVE_S if idle else math.inf
            case Closed():
                self._reading.cancel()

    async def _send(self, data: bytes) -> None:
        async with self._send_lock:
            try:
                await self._wire.send_all(data)
            except _LOST:
                self._wire.close()
                self._reading.cancel()

    async def _serve(self, websocket: WebSocket) -> None:
        self._protocol = None
        self._reading = trio.CancelScope()
        app = self._websocket_apps.get(websocket.path)
        with self._reading:
            if app is None:
                await websocket.refuse(403)
            elif not websocket.is_valid:
                await websocket.refuse(400)
            else:
                await isolated("websocket", _serve_until_lost, app, websocket)
                await websocket.refuse(500)


async def _serve_until_lost(app: WebSocketApp, websocket: WebSocket) -> None:
    with suppress(*_LOST):
        await app(websocket)


class _UpgradeError(Exception):
    """Takes a request for a WebSocket out of hypercorn's protocol."""

    def __init__(self, http: h11.Connection, request: h11.Request) -> None:
        super().__init__()
        self.http, self.request = http, request


class _Protocol(H11Protocol):
    """Differs from hypercorn's in one point: WebSockets are not its own."""

    async def _create_stream(self, request: h11.Request) -> None:
        if wants_websocket(request):
            raise _UpgradeError(cast(h11.Connection, self.connection), request)
        await super()._create_stream(request)


class _AppTasks(TaskGroup):
    """Where the application runs, once for each request.

    Differs from hypercorn's own in three points: a failure of the application ends at its request, an application that
    has returned does not block those who still have something for it, and one that has not always learns of the end.
    """

    def __init__(self, reading: trio.CancelScope) -> None:
        super().__init__()
        self._reading = reading
        self._to_apps: set[trio.MemorySendChannel[ASGIReceiveEvent]] = set()

    def hang_up(self) -> None:
        """Tell every application that nothing more will come."""
        for to_app in self._to_apps:
            to_app.close()

    async def spawn_app(
        self, app: AppWrapper, config: hypercorn.Config, scope: Scope, send: _Send
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Run *app* for one request; returns where to put what it shall receive."""
        to_app, from_peer = trio.open_memory_channel[ASGIReceiveEvent](MAX_QUEUED_EVENTS)
        self._to_apps.add(to_app)

        async def put(event: ASGIReceiveEvent) -> None:
            with suppress(*_LOST):
                await to_app.send(event)

        async def receive() -> ASGIReceiveEvent:
            try:
                return await from_peer.receive()
            except trio.EndOfChannel:
                return HTTPDisconnectEvent(type="http.disconnect")

        async def send_unless_broken(event: ASGISendEvent | None) -> None:
            try:
                await send(event)
            except _PEER_FAULTS:
                self._reading.cancel()

        async def run() -> None:
            async with from_peer:
                await isolated("http request", _call, app, scope, receive, send_unless_broken)
            self._to_apps.discard(to_app)
            await send_unless_broken(None)

        self.spawn(run)
        return put


async def _call(app: AppWrapper, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    await app(scope, receive, send, trio.to_thread.run_sync, trio.from_thread.run)
