"""The signaling server (warm): serves the client WebSockets, and consumes domain events.

The close of a socket must not cancel a request in hand: sockets only read and hand over, while requests are answered in
tasks of the application's nursery.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio

from ovrouter.config import Config
from ovrouter.events import EndReason, Event, ParticipantEvicted, ParticipantLeft, SessionEvent
from ovrouter.isolate import isolated
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import SessionRegistry
from ovrouter.signaling.directory import Directory
from ovrouter.signaling.handshake import client_of
from ovrouter.signaling.jsonrpc import EnvelopeError, Request, encode_error, encode_result, parse_request
from ovrouter.signaling.notifications import notification_text
from ovrouter.signaling.outgoing import Outgoing
from ovrouter.signaling.rpc_session import Context, RpcSession
from ovrouter.signaling.socket import CloseFrame, Socket
from ovrouter.websocket import WebSocket, text_frame

__all__ = ["Signaling"]

CLOSE_ALL_S = 0.5
"""How long a shutdown waits for sockets; each takes ``socket.CLOSE_S`` at most."""

RECONNECTION_ERROR = 40007
CLOSED_BY_CLIENT = CloseFrame(1000, "Session closed by client")
SERVER_STOPPED = CloseFrame(1001, "Server stopped")


class Signaling:
    """Serves every client socket of one router.

    Give ``notify`` to the SessionRegistry as (part of) its Emit, and mount the object itself at ``/openvidu``. Messages
    leave when *durable* has returned. Tasks that outlive a socket run in *nursery*; they end by themselves after
    :meth:`close_all`.
    """

    def __init__(
        self,
        registry: SessionRegistry,
        config: Config,
        guesses: SecretGuesses,
        nursery: trio.Nursery,
        durable: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint,
    ) -> None:
        self._directory = Directory()
        self._context = Context(registry, config, self._directory, guesses)
        self._nursery = nursery
        self._outgoing = Outgoing(durable)
        nursery.start_soon(self._outgoing.run)
        self._sockets: dict[Socket, RpcSession | None] = {}
        self._is_closing = False
        self._all_closed = trio.Event()

    @property
    def rpc_sessions(self) -> tuple[RpcSession, ...]:
        """Those that have not ended."""
        return self._directory.all()

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve one socket until it ends."""
        if self._is_closing:
            await websocket.refuse(503)
            return
        socket = Socket(websocket, client_of(websocket.headers, websocket.peer_ip), self._outgoing)
        self._sockets[socket] = None
        try:
            await socket.run(partial(self._receive, socket))
        finally:
            self._forget(socket)

    def notify(self, event: Event) -> None:
        """Tell *event* to its audience."""
        if not isinstance(event, SessionEvent):
            return
        if event.audience and (text := notification_text(event)) is not None:
            frame = text_frame(text)
            for rpc_session in self._directory.audience(event):
                rpc_session.tell(event, frame)
        if isinstance(event, ParticipantLeft | ParticipantEvicted):
            departed = self._directory.participant(event, event.connection_id)
            if departed is not None:
                departed.depart()

    async def close_all(self) -> None:
        """Send what is queued and close every socket, for good: new ones are refused."""
        self._is_closing = True
        for rpc_session in self.rpc_sessions:
            rpc_session.end(SERVER_STOPPED)
        for socket in self._sockets:
            socket.close(SERVER_STOPPED)
        with trio.move_on_after(CLOSE_ALL_S):
            if self._sockets:
                await self._all_closed.wait()
        self._outgoing.close()

    def _forget(self, socket: Socket) -> None:
        if (rpc_session := self._sockets.pop(socket)) is not None:
            rpc_session.detach(socket)
        if self._is_closing and not self._sockets:
            self._all_closed.set()

    def _receive(self, socket: Socket, text: str) -> None:
        try:
            request = parse_request(text)
        except EnvelopeError as error:
            socket.send(encode_error(error.id, error.code, str(error)))
            return
        match request.method:
            case "ping":
                self._ping(socket, request)
            case "connect":
                self._connect(socket, request)
            case "closeSession":
                self._close_session(socket, request)
            case _:
                self._rpc_session(socket).submit(request, len(text))

    def _ping(self, socket: Socket, request: Request) -> None:
        socket.watchdog.feed(request.params.get("interval"))
        _respond(socket, request, value="pong")

    def _connect(self, socket: Socket, request: Request) -> None:
        if request.params.get("sessionId") is None:
            _respond(socket, request, value="OK", sessionId=self._rpc_session(socket).id)
            return
        rpc_session = self._directory.get(request.params["sessionId"])
        if rpc_session is None or not rpc_session.is_resumable or self._sockets[socket] not in (None, rpc_session):
            # The browser compares this text, so it goes without the usual ". Code: N".
            socket.send(encode_error(request.id, RECONNECTION_ERROR, "reconnection error"))
            return
        _respond(socket, request, value="reconnection successful", sessionId=rpc_session.id)
        self._sockets[socket] = rpc_session
        rpc_session.attach(socket)

    def _close_session(self, socket: Socket, request: Request) -> None:
        _respond(socket, request, value="bye")
        if (rpc_session := self._sockets[socket]) is not None:
            rpc_session.end(CLOSED_BY_CLIENT, EndReason.DISCONNECT)
        socket.close(CLOSED_BY_CLIENT)

    def _rpc_session(self, socket: Socket) -> RpcSession:
        rpc_session = self._sockets[socket]
        if rpc_session is None:
            rpc_session = self._sockets[socket] = RpcSession(self._context, socket)
            self._directory.add(rpc_session)
            self._nursery.start_soon(isolated, "rpc session", rpc_session.run)
        return rpc_session


def _respond(socket: Socket, request: Request, **result: Any) -> None:
    if request.id is not None:
        socket.send(encode_result(request.id, result))
