"""One WebSocket (warm): reads, hands over, writes. What the texts mean is decided elsewhere."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import trio

from ovrouter.signaling.backlog import Backlog, BacklogFull
from ovrouter.signaling.handshake import Client
from ovrouter.signaling.outgoing import Outgoing
from ovrouter.signaling.watchdog import Watchdog
from ovrouter.websocket import WebSocket, close_frame, text_frame

__all__ = ["OUTBOX_LIMIT_BYTES", "TOO_SLOW", "CloseFrame", "Socket"]

_log = logging.getLogger("ovrouter.signaling")

OUTBOX_LIMIT_BYTES = 4 * 1024 * 1024
"""A participant that enters a Session of a thousand is sent less than 1 MB; a client 4 MiB behind reads no more."""
WRITE_BYTES = 16 * 1024
"""Messages are put together up to this size: one TLS record."""
ADMISSION_S = 60.0
"""A socket that has joined nothing by then is of no use to anybody."""
CLOSE_S = 0.3
"""How long the last messages and the close frame may take to leave."""


_LOST = (trio.BrokenResourceError, trio.ClosedResourceError)


@dataclass(frozen=True, slots=True)
class CloseFrame:
    """Why the server closes a socket (RFC 6455, section 7.4)."""

    code: int
    reason: str


NO_PING = CloseFrame(1000, "Close for not receive ping from client")
NOT_JOINED = CloseFrame(1008, "Close for not joining a session")
TOO_SLOW = CloseFrame(1008, "Client does not read its messages")


class Socket:
    """One WebSocket from its handshake to its end."""

    def __init__(self, websocket: WebSocket, client: Client, outgoing: Outgoing) -> None:
        self.client = client
        self.watchdog = Watchdog()
        self.outbox: Backlog[bytes] = Backlog(OUTBOX_LIMIT_BYTES, on_put=partial(outgoing.add, self))
        """Frames to be sent. What is left here when the socket ends was not sent."""
        self._websocket = websocket
        self._outgoing = outgoing
        self._released = 0
        """Mark in the outbox: what came before may leave."""
        self._draining: trio.Event | None = None
        """While a task waits for the client to take more."""
        self._has_ended = False
        self._reading = trio.CancelScope(deadline=trio.current_time() + ADMISSION_S)
        self._close_frame: CloseFrame | None = None

    async def run(self, on_text: Callable[[str], None]) -> None:
        """Accept, then hand each text to *on_text* until either side closes."""
        await self._websocket.accept([self.client.cookie_header])
        try:
            with self._reading, self.watchdog.scope:
                while (text := await self._websocket.receive()) is not None:
                    on_text(text)
            if frame := self._final_frame():
                await self._finish(frame)
        finally:
            self._has_ended = True

    def send(self, text: str) -> None:
        """Queue *text*; a client that lets the queue overflow is closed."""
        frame = text_frame(text)
        try:
            self.outbox.put(frame, len(frame))
        except BacklogFull:
            self.close(TOO_SLOW)

    def admit(self) -> None:
        """The client joined: from now on it may stay."""
        self._reading.deadline = math.inf

    def close(self, frame: CloseFrame) -> None:
        """Stop reading, send what is queued, then *frame*. The first caller's frame counts."""
        self._close_frame = self._close_frame or frame
        self._reading.cancel()

    def release(self, mark: int) -> None:
        """Let leave what is before *mark* in the outbox."""
        self._released = mark
        if self._draining is None and not self._write():
            self._draining = trio.Event()
            self._outgoing.start(self._drain, self._draining)

    async def _drain(self, done: trio.Event) -> None:
        """Write what is released to a client that is slow to take it; one that takes nothing is cut off."""
        try:
            await self._websocket.drain()
            while not self._write():
                await self._websocket.drain()
        except _LOST:
            self._websocket.abort()
        finally:
            self._draining = None
            done.set()

    def _write(self) -> bool:
        """Hand on what is released; False if a part has to wait."""
        try:
            while not self._has_ended and (frames := self.outbox.take(self._released, WRITE_BYTES)):
                if not self._websocket.write(b"".join(frames)):
                    return False
        except _LOST:
            self._websocket.abort()
        return True

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
            self.outbox.put(close_frame(frame.code, frame.reason), 0)
            await self.outbox.emptied()
            if self._draining is not None:
                await self._draining.wait()
