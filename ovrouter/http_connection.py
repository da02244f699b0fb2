"""One HTTP or HTTPS connection of one peer (warm).

hypercorn's HTTP/1.1 and WebSocket state machines do the protocol. Waiting and failing are ours, so that what a peer
sends, or does not send, or does not read, ends its own connection within a known time and touches nothing else.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress

import h11
import hypercorn
import trio
import wsproto.utilities
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H2CProtocolRequiredError, H2ProtocolAssumedError, H11Protocol
from hypercorn.protocol.ws_stream import WSStream
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
    WebsocketDisconnectEvent,
)

from ovrouter.isolate import isolated

__all__ = ["HttpConnection"]

HANDSHAKE_TIMEOUT_S = 10.0
"""A TLS handshake is two round trips; whoever needs longer holds a socket for nothing."""
KEEP_ALIVE_S = 15.0
"""How long to wait for a complete request head: idle clients and trickled headers alike."""
SEND_TIMEOUT_S = 10.0
"""A peer that takes nothing for this long is gone, or wants our memory."""
REQUEST_GRACE_S = 1.0
"""At shutdown: what a request in progress may still take."""
TLS_GOODBYE_S = 0.5
"""For the close_notify of TLS, which is a courtesy."""
MAX_QUEUED_EVENTS = 10
"""Received parts that an application has not taken yet; beyond, the peer's TCP window fills."""
READ_BYTES = 16 * 1024
"""One TLS record."""

_log = logging.getLogger("ovrouter.http")

_PEER_FAULTS = (h11.ProtocolError, wsproto.utilities.ProtocolError, H2CProtocolRequiredError, H2ProtocolAssumedError)
"""What hypercorn raises when a peer breaks HTTP/1.1 or tries cleartext HTTP/2. ``LocalProtocolError`` is among them: an
answer that became impossible, for instance because a byte came before the WebSocket upgrade was answered."""

_LOST = (trio.BrokenResourceError, trio.ClosedResourceError)

_Send = Callable[[ASGISendEvent | None], Awaitable[None]]


class HttpConnection:
    """Serves one accepted stream; :meth:`run` may be called once."""

    def __init__(
        self,
        stream: trio.SocketStream,
        tls: ssl.SSLContext | None,
        app: AppWrapper,
        settings: hypercorn.Config,
        context: WorkerContext,
    ) -> None:
        self._socket = stream.socket
        self._stream: trio.SSLStream[trio.SocketStream] | trio.SocketStream = (
            trio.SSLStream(stream, tls, server_side=True, https_compatible=True) if tls else stream
        )
        self._app = app
        self._settings = settings
        self._context = context
        self._send_lock = trio.Lock()
        self._reading = trio.CancelScope(deadline=trio.current_time() + HANDSHAKE_TIMEOUT_S)
        self._protocol: H11Protocol | None = None

    async def run(self) -> None:
        """Serve the peer until either side ends the connection. What the peer does wrong is no error here."""
        try:
            with self._reading:
                if isinstance(self._stream, trio.SSLStream):
                    await self._stream.do_handshake()
            if not self._reading.cancelled_caught:
                await self._converse()
        except* (OSError, *_LOST) as group:
            _log.debug("a peer ended its connection: %r", group.exceptions)
        finally:
            await self._close()

    def finish(self) -> None:
        """At shutdown: end now, unless a request is being answered, which gets a moment."""
        busy = self._protocol is not None and self._protocol.stream is not None and self._websocket is None
        self._reading.deadline = trio.current_time() + (REQUEST_GRACE_S if busy else 0)

    def abort(self) -> None:
        """Close the socket under everybody who waits for it."""
        self._socket.close()

    @property
    def _websocket(self) -> WSStream | None:
        stream = self._protocol.stream if self._protocol is not None else None
        return stream if isinstance(stream, WSStream) else None

    async def _converse(self) -> None:
        self._reading = trio.CancelScope(deadline=trio.current_time() + KEEP_ALIVE_S)
        tasks = _AppTasks(self._reading)
        async with tasks:
            self._protocol = _Protocol(
                self._app,
                self._settings,
                self._context,
                tasks,
                ConnectionState({}),
                isinstance(self._stream, trio.SSLStream),
                _address(self._socket.getpeername()),
                _address(self._socket.getsockname()),
                self._handle,
            )
            await self._read(self._protocol)
            tasks.hang_up()
            await self._protocol.handle(Closed())

    async def _read(self, protocol: H11Protocol) -> None:
        with self._reading, suppress(*_PEER_FAULTS):
            while data := await self._receive():
                await protocol.handle(RawData(data))
                if self._websocket_is_over():
                    break

    async def _receive(self) -> bytes:
        try:
            return bytes(await self._stream.receive_some(READ_BYTES))
        except _LOST:
            return b""

    def _websocket_is_over(self) -> bool:
        """Whether hypercorn has refused the handshake or a message; it would go on to wait, or to collect the rest."""
        websocket = self._websocket
        return websocket is not None and (
            websocket.closed or websocket.buffer.length > self._settings.websocket_max_message_size
        )

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
            # Half a TLS record would spoil the connection for the tasks that still use it, hence the shield.
            with trio.CancelScope(deadline=trio.current_time() + SEND_TIMEOUT_S, shield=True) as sending:
                try:
                    await self._stream.send_all(data)
                except _LOST:
                    self._reading.cancel()
        if sending.cancelled_caught:
            self.abort()
            self._reading.cancel()

    async def _close(self) -> None:
        with trio.move_on_after(TLS_GOODBYE_S, shield=True), suppress(*_LOST):
            await self._stream.aclose()
        self.abort()


class _Protocol(H11Protocol):
    """Differs from hypercorn's in one point: WebSockets are not compressed.

    A compressor takes 300 kB for each client, more than all else of an idle one together, and a few bytes can inflate
    a thousandfold.
    """

    async def _create_stream(self, request: h11.Request) -> None:
        headers = [(name, value) for name, value in request.headers if name != b"sec-websocket-extensions"]
        await super()._create_stream(
            h11.Request(
                method=request.method, headers=headers, target=request.target, http_version=request.http_version
            )
        )


class _AppTasks(TaskGroup):
    """Where the application runs, once for each request or WebSocket.

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
        """Run *app* for one request or WebSocket; returns where to put what it shall receive."""
        to_app, from_peer = trio.open_memory_channel[ASGIReceiveEvent](MAX_QUEUED_EVENTS)
        self._to_apps.add(to_app)

        async def put(event: ASGIReceiveEvent) -> None:
            with suppress(*_LOST):
                await to_app.send(event)

        async def receive() -> ASGIReceiveEvent:
            try:
                return await from_peer.receive()
            except trio.EndOfChannel:
                return _disconnected(scope)

        async def send_unless_broken(event: ASGISendEvent | None) -> None:
            try:
                await send(event)
            except _PEER_FAULTS:
                self._reading.cancel()

        async def run() -> None:
            async with from_peer:
                await isolated(f"{scope['type']} request", _call, app, scope, receive, send_unless_broken)
            self._to_apps.discard(to_app)
            await send_unless_broken(None)

        self.spawn(run)
        return put


async def _call(app: AppWrapper, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    await app(scope, receive, send, trio.to_thread.run_sync, trio.from_thread.run)


def _disconnected(scope: Scope) -> ASGIReceiveEvent:
    if scope["type"] == "websocket":
        return WebsocketDisconnectEvent(type="websocket.disconnect", code=1006)
    return HTTPDisconnectEvent(type="http.disconnect")


def _address(name: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    """An address as everyone else writes it: a dual-stack socket calls 192.0.2.1 ``::ffff:192.0.2.1``."""
    host = ipaddress.ip_address(name[0])
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped:
        host = host.ipv4_mapped
    return str(host), name[1]
