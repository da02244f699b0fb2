"""One WebSocket of one client (warm): wsproto reads and writes the frames (RFC 6455).

Reading is pulled by the application in the connection's own task, and writing does not wait, so a message costs no
switch of tasks. Frames of a server are not masked: one that is sent to many is encoded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from io import StringIO

import h11
import trio
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason, FrameProtocol
from wsproto.utilities import generate_accept_token

from ovrouter.wire import Wire

__all__ = ["MAX_MESSAGE_CHARS", "WebSocket", "close_frame", "text_frame", "wants_websocket"]

MAX_MESSAGE_CHARS = 1024 * 1024
"""The SDP of a large browser offer is under 100 kB; the rest is for the signals of applications."""

_SERVER_FRAMES = FrameProtocol(client=False, extensions=[])
"""Keeps no state between whole messages."""


def text_frame(text: str) -> bytes:
    """A text message, ready to be written to any number of clients."""
    return bytes(_SERVER_FRAMES.send_data(text))


def close_frame(code: int, reason: str) -> bytes:
    """The last frame, and why (RFC 6455, section 7.4)."""
    return bytes(_SERVER_FRAMES.close(code, reason))


def wants_websocket(request: h11.Request) -> bool:
    """Whether a request asks for the upgrade."""
    upgrade = dict(request.headers).get(b"upgrade", b"")
    return request.method == b"GET" and upgrade.lower() == b"websocket"


class WebSocket:
    """Comes in its handshake, which the application answers with :meth:`accept`; if it does not, the client is refused.

    Compression is never agreed on: a compressor takes 300 kB for each client, more than all else of an idle one
    together, and a few bytes can inflate a thousandfold.
    """

    def __init__(self, wire: Wire, http: h11.Connection, request: h11.Request) -> None:
        self.path = request.target.partition(b"?")[0].decode("ascii")
        self.headers: Mapping[bytes, bytes] = dict(request.headers)
        """Names in lower case."""
        self.peer_ip = wire.peer_address[0]
        self._wire = wire
        self._http: h11.Connection | None = http
        """Until the handshake is answered."""
        self._connection = Connection(ConnectionType.SERVER)
        self._fragments: StringIO | None = None
        """Of a message that is not complete."""

    @property
    def is_valid(self) -> bool:
        """Whether the handshake keeps to the rules (RFC 6455, section 4.2); a client must wait for its answer."""
        tokens = self.headers.get(b"connection", b"").lower().split(b",")
        return (
            b"upgrade" in {token.strip() for token in tokens}
            and self.headers.get(b"sec-websocket-version") == b"13"
            and b"sec-websocket-key" in self.headers
            and (self._http is None or not self._http.trailing_data[0])
        )

    async def accept(self, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Answer a valid handshake."""
        token = generate_accept_token(self.headers[b"sec-websocket-key"])
        agreed = [(b"upgrade", b"websocket"), (b"connection", b"Upgrade"), (b"sec-websocket-accept", token)]
        await self._answer(h11.InformationalResponse(status_code=101, headers=[*agreed, *headers]))

    async def refuse(self, status: int) -> None:
        """Answer the handshake with an HTTP status; nothing happens if it was answered before."""
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await self._answer(h11.Response(status_code=status, headers=headers), h11.EndOfMessage())

    async def receive(self) -> str | None:
        """The next text message; None when there will be none."""
        while True:
            for event in self._connection.events():
                if isinstance(event, TextMessage):
                    if (text := self._whole(event)) is not None:
                        return text
                else:
                    self._react(event)
            if self._connection.state is not ConnectionState.OPEN or not (data := await self._receive_some()):
                return None
            self._connection.receive_data(data)

    def write(self, frames: bytes) -> bool:
        """Send whole frames; False if a part has to wait for :meth:`drain`. Raises trio.BrokenResourceError."""
        return self._wire.write(frames)

    async def drain(self) -> None:
        """Return when all that was written has left. Raises trio.BrokenResourceError, trio.ClosedResourceError."""
        await self._wire.drain()

    def abort(self) -> None:
        """End it at once; who waits for it is woken."""
        self._wire.close()

    async def _answer(self, *events: h11.InformationalResponse | h11.Response | h11.EndOfMessage) -> None:
        if self._http is not None:
            http, self._http = self._http, None
            await self._wire.send_all(b"".join(http.send(event) or b"" for event in events))

    async def _receive_some(self) -> bytes:
        try:
            return await self._wire.receive()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    def _whole(self, event: TextMessage) -> str | None:
        """The message, when its last part came."""
        if event.message_finished and self._fragments is None:
            return event.data
        self._fragments = self._fragments or StringIO()
        self._fragments.write(event.data)
        if self._fragments.tell() > MAX_MESSAGE_CHARS:
            self._close(CloseReason.MESSAGE_TOO_BIG, "Message too big")
            return None
        if not event.message_finished:
            return None
        text, self._fragments = self._fragments.getvalue(), None
        return text

    def _react(self, event: Event) -> None:
        """Answer what is no text; wsproto shows a breach of the protocol as a close, too."""
        match event:
            case Ping() if not self._wire.has_unsent:  # who takes no answers gets none: they would pile up
                self._write_event(event.response())
            case BytesMessage():
                self._close(CloseReason.UNSUPPORTED_DATA, "Only text messages are understood")
            case CloseConnection():
                self._write_event(event.response())

    def _close(self, code: CloseReason, reason: str) -> None:
        self._write_event(CloseConnection(code, reason))

    def _write_event(self, event: Event) -> None:
        with suppress(trio.BrokenResourceError):  # the next receive ends
            self._wire.write(self._connection.send(event))
