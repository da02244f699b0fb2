"""A JSON-RPC session (warm): the client's side of a participant, which outlives its socket for a while.

It answers its requests strictly in order, in a task of its own, and holds the notifications that come while the client
is away. One deadline decides its end: none while a client is connected, ``RECONNECTION_WINDOW_S`` once the socket is
lost, ``DEPARTURE_S`` once the participant left or was evicted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import trio

from ovrouter import ids
from ovrouter.config import Config
from ovrouter.errors import ConnectionNotFound, OvrouterError
from ovrouter.events import EndReason, Event
from ovrouter.isolate import isolated
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import SessionRegistry
from ovrouter.signaling.backlog import Backlog, BacklogFull
from ovrouter.signaling.directory import Directory
from ovrouter.signaling.errors import AlreadyJoined, NoParticipant, UnknownMethod, code_and_message
from ovrouter.signaling.jsonrpc import INTERNAL_ERROR, Request, encode_error, encode_result
from ovrouter.signaling.methods import METHODS, Participant, Result
from ovrouter.signaling.methods.room import join_result, join_room
from ovrouter.signaling.params import Params
from ovrouter.signaling.socket import OUTBOX_LIMIT_BYTES, TOO_SLOW, CloseFrame, Socket
from ovrouter.websocket import text_frame

__all__ = ["Context", "RpcSession"]

RECONNECTION_WINDOW_S = 10.0
"""How long a client that lost its socket may take to come back (``ws.sessionReconnectionTime`` of the original)."""
DEPARTURE_S = 10.0
"""How long a client that left or was evicted may keep its socket."""
LAST_REQUEST_S = 10.0
"""How long a request may go on after the end; the client gives up on any answer after 10 s."""
INBOX_LIMIT_BYTES = 2 * 1024 * 1024
"""Requests that wait for the one in hand. openvidu-browser has some dozens of small ones waiting at most."""

GONE = CloseFrame(1000, "Session closed")
REPLACED = CloseFrame(1000, "The client opened a new socket")
FLOODED = CloseFrame(1008, "Too many requests are waiting")


@dataclass(frozen=True, slots=True)
class Context:
    """What all JSON-RPC sessions of a server share."""

    registry: SessionRegistry
    config: Config
    directory: Directory
    guesses: SecretGuesses


class RpcSession:
    """Created by the first ordinary request of a socket; the session plane knows its participant only."""

    def __init__(self, context: Context, socket: Socket) -> None:
        self.id = ids.rpc_session_id()
        """Whoever knows it may take over the participant: it is never logged."""
        self.participant: Participant | None = None
        self._context = context
        self._client = socket.client
        self._socket: Socket | None = socket
        self._ping_interval_s: float | None = None
        self._outbox = socket.outbox
        self._inbox: Backlog[Request] = Backlog(INBOX_LIMIT_BYTES)
        self._withheld: Backlog[bytes] = Backlog(OUTBOX_LIMIT_BYTES)
        self._withheld_events: tuple[type[Event], ...] = ()
        self._lifetime = trio.CancelScope()
        self._end_frame = GONE
        self._end_reason = EndReason.NETWORK_DISCONNECT
        self._has_tried_to_join = False
        self._has_departed = False

    async def run(self) -> None:
        """Live until the deadline, then make the participant leave if it is still there."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._answer_requests)
                with self._lifetime:
                    await trio.sleep_forever()
                self._close()
                await self._retire()
                nursery.cancel_scope.deadline = trio.current_time() + LAST_REQUEST_S
        finally:
            self._close()

    @property
    def is_resumable(self) -> bool:
        """Whether a client may come back to it."""
        return self.participant is not None and not self._has_departed and not self._lifetime.cancel_called

    def submit(self, request: Request, size_bytes: int) -> None:
        """Queue a request; a client that sends far more than can be answered is thrown out."""
        try:
            self._inbox.put(request, size_bytes)
        except BacklogFull:
            self.end(FLOODED)

    def attach(self, socket: Socket) -> None:
        """Go on with a new socket, to which all that was not sent moves; the old one is closed if it is still open."""
        old, self._socket = self._socket, socket
        if old is socket:
            return
        if old is not None:
            self._ping_interval_s = old.watchdog.interval_s
            old.close(REPLACED)
        unsent, self._outbox = self._outbox, socket.outbox
        for frame in unsent.take_all():
            self._put(self._outbox, frame)
        socket.watchdog.resume(self._ping_interval_s)
        socket.admit()
        self._lifetime.deadline = math.inf

    def detach(self, socket: Socket) -> None:
        """*socket* ended; if it is still the current one, the client has a while to come back."""
        if socket is not self._socket:
            return
        self._socket = None
        self._ping_interval_s = socket.watchdog.interval_s
        if self.is_resumable:
            self._lifetime.deadline = trio.current_time() + RECONNECTION_WINDOW_S
        else:
            self._lifetime.cancel()

    def tell(self, event: Event, frame: bytes) -> None:
        """Send a notification, or keep it until the request in hand is answered if it has to follow the answer."""
        self._put(self._withheld if isinstance(event, self._withheld_events) else self._outbox, frame)

    def depart(self) -> None:
        """The participant left the Session."""
        if self._has_departed or self.participant is None:
            return
        self._has_departed = True
        if self.participant.connection.is_internal:
            self._lifetime.cancel()
        else:
            self._lifetime.deadline = trio.current_time() + DEPARTURE_S

    def end(self, frame: CloseFrame, reason: EndReason = EndReason.NETWORK_DISCONNECT) -> None:
        """End it now: the socket is closed with *frame*, the participant leaves with *reason*."""
        self._end_frame, self._end_reason = frame, reason
        self._lifetime.cancel()

    def _close(self) -> None:
        self._context.directory.remove(self)
        self._inbox.close()
        if self._socket is not None:
            self._socket.close(self._end_frame)

    async def _retire(self) -> None:
        if self.participant is not None and self.participant.is_present:
            await isolated("leave", self.participant.session.leave, self.participant.id, self._end_reason)

    async def _answer_requests(self) -> None:
        while True:
            try:
                request = await self._inbox.get()
            except trio.EndOfChannel:
                return
            await self._answer(request)

    async def _answer(self, request: Request) -> None:
        answers: list[str] = []
        await isolated("rpc", self._perform, request, answers.append)
        if request.id is not None:
            self._put(self._outbox, text_frame(answers[0] if answers else _defect(request)))
        self._withheld_events = ()
        for frame in self._withheld.take_all():
            self._put(self._outbox, frame)
        if self.participant is not None and not self.participant.is_present:
            self.depart()

    async def _perform(self, request: Request, respond: Callable[[str], None]) -> None:
        """Hand the answer to *respond*; a defect of ours is raised instead."""
        try:
            result = await self._call(request.method, Params(request.method, request.params))
        except OvrouterError as error:
            respond(encode_error(request.id, *code_and_message(error)))
        else:
            respond(encode_result(request.id, {**result, "sessionId": self.id}))

    async def _call(self, name: str, params: Params) -> Result:
        if name == "joinRoom":
            return self._join(params)
        if name not in METHODS:
            raise UnknownMethod(f"There is no RPC method '{name}'")
        participant = self._present_participant()
        self._withheld_events = METHODS[name].told_after_answer
        return await METHODS[name].handler(participant, params)

    def _join(self, params: Params) -> Result:
        if self.participant is not None:
            raise AlreadyJoined(f"Connection {self.participant.id} joined with this socket already: open another one")
        self._has_tried_to_join = True
        context = self._context
        self.participant = join_room(context.registry, context.guesses, self._client, params, trio.current_time())
        context.directory.enter(self)
        if self._socket is not None:
            self._socket.admit()
        return join_result(self.participant, self._client, context.config)

    def _present_participant(self) -> Participant:
        if self.participant is None:
            what = "session information" if self._has_tried_to_join else "connection"
            raise NoParticipant(
                f"No {what} found for participant with privateId {self.id}. "
                "Method 'Session.connect()' must be the first operation called in any session"
            )
        if not self.participant.is_present:
            raise ConnectionNotFound(f"Connection {self.participant.id} is not in the session any more")
        return self.participant

    def _put(self, backlog: Backlog[bytes], frame: bytes) -> None:
        try:
            backlog.put(frame, len(frame))
        except BacklogFull:
            self.end(TOO_SLOW)


def _defect(request: Request) -> str:
    return encode_error(request.id, INTERNAL_ERROR, f"Internal error in RPC method '{request.method}'")
