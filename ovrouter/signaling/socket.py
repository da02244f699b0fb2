"""One WebSocket (warm): reads, hands over, writes. What the texts mean is decided elsewhere."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import trio

from ovrouter.signaling.backlog import Backlog, BacklogFull
from ovrouter.signaling.handshake import Client
from ovrouter.signaling.watchdog import Watchdog

__all__ = ["OUTBOX_LIMIT_BYTES", "TOO_SLOW", "CloseFrame", "Receive", "Send", "Socket"]

_log = logging.getLogger("ovrouter.signaling")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_TEXT_CHARS = 1024 * 1024
"""An SDP offer with every codec and candidate has 20 to 100 kB."""
OUTBOX_LIMIT_BYTES = 4 * 1024 * 1024
"""A participant that enters a Session of a thousand is sent less than 1 MB; a client 4 MiB behind reads no more."""
ADMISSION_S = 60.0
"""A socket that has joined nothing by then is of no use to anybody."""
CLOSE_S = 0.3
"""How long the last messages and the close frame may take to leave."""


@dataclass(frozen=True, slots=True)
class CloseFrame:
    """Why the server closes a socket (RFC 6455, section 7.4)."""

    code: int
    reason: str


NO_PING = CloseFrame(1000, "Close for not receive ping from client")
NOT_JOINED = CloseFrame(1008, "Close for not joining a session")
NOT_TEXT = CloseFrame(1003, "Only text messages are understood")
TOO_BIG = CloseFrame(1009, "Message too big")
TOO_SLOW = CloseFrame(1008, "Client does not read its messages")


class Socket:
    """One WebSocket from its handshake to its end."""

    def __init__(self, client: Client, send: Send) -> None:
        self.client = client
        self.watchdog = Watchdog()
        self.outbox: Backlog[str] = Backlog(OUTBOX_LIMIT_BYTES)
        """Texts to be sent. What is left here when the socket ends was not sent."""
        self._send = send
        self._sending = trio.Lock()
        """Held from taking a text to its departure, so that the close frame cannot overtake it."""
        self._reading = trio.CancelScope(deadline=trio.current_time() + ADMISSION_S)
        self._close_frame: CloseFrame | None = None

    async def run(self, receive: Receive, on_text: Callable[[str], None]) -> None:
        """Accept, then hand each text to *on_text* until either side closes."""
        await self._send({"type": "websocket.accept", "headers": [self.client.cookie_header]})
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write)
            with self._reading, self.watchdog.scope:
                await self._read(receive, on_text)
            if frame := self._final_frame():
                await self._finish(frame)
            nursery.cancel_scope.cancel()

    def send(self, text: str) -> None:
        """Queue *text*; a client that lets the queue overflow is closed."""
        try:
            self.outbox.put(text, len(text))
        except BacklogFull:
            self.close(TOO_SLOW)

    def admit(self) -> None:
        """The client joined: from now on it may stay."""
        self._reading.deadline = math.inf

    def close(self, frame: CloseFrame) -> None:
        """Stop reading, send what is queued, then *frame*. The first caller's frame counts."""
        self._close_frame = self._close_frame or frame
        self._reading.cancel()

    async def _read(self, receive: Receive, on_text: Callable[[str], None]) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            if text is None:
                self.close(NOT_TEXT)
            elif len(text) > MAX_TEXT_CHARS:
                self.close(TOO_BIG)
            else:
                on_text(text)

    async def _write(self) -> None:
        while True:
            text = await self.outbox.get()
            async with self._sending:
                await self._send({"type": "websocket.send", "text": text})

    def _final_frame(self) -> CloseFrame | None:
        """None if the client closed."""
        if self._close_frame is not None:
            return self._close_frame
        if self.watchdog.expired:
            return NO_PING
        return NOT_JOINED if self._reading.cancelled_caught else None

    async def _finish(self, frame: CloseFrame) -> None:
        _log.info("closing the socket of %s: %s", self.client.ip, frame.reason)
        with trio.move_on_after(CLOSE_S):
            await self.outbox.emptied()
            async with self._sending:
                await self._send({"type": "websocket.close", "code": frame.code, "reason": frame.reason})
