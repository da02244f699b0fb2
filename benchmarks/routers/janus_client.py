"""Janus' JSON API over a WebSocket (warm)."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from websockets.trio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.routers.contract import RouterFailed

__all__ = ["API_IP", "JanusHandle", "JanusSession", "open_janus_session"]

API_IP = "127.0.0.1"
REQUEST_TIMEOUT_S = 20.0
CONNECT_INTERVAL_S = 0.05
KEEP_ALIVE_S = 25.0
"""A session ends after 60 s of silence."""
_SUBPROTOCOL = Subprotocol("janus-protocol")
_PLUGIN = "janus.plugin.videoroom"

_Message = dict[str, Any]


class JanusSession:
    """One session of the API; comes from :func:`open_janus_session`."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        self._session_id: int | None = None
        self._numbers = itertools.count()
        self._answers: dict[str, trio.MemorySendChannel[_Message]] = {}

    async def create(self) -> None:
        """Create the session on Janus' side."""
        answer = await self.request("create")
        self._session_id = answer["data"]["id"]

    async def attach(self) -> JanusHandle:
        """Return a new handle of the videoroom plugin: one peer connection."""
        answer = await self.request("attach", plugin=_PLUGIN)
        return JanusHandle(self, answer["data"]["id"])

    async def request(self, verb: str, **fields: Any) -> _Message:
        """Send a request and return its result: the event, where Janus first acknowledges. Raises RouterFailed."""
        transaction = str(next(self._numbers))
        send, receive = trio.open_memory_channel[_Message](2)
        message = {"janus": verb, "transaction": transaction} | fields
        if self._session_id is not None:
            message["session_id"] = self._session_id
        self._answers[transaction] = send
        try:
            with trio.fail_after(REQUEST_TIMEOUT_S):
                await self._websocket.send(json.dumps(message))
                answer = await receive.receive()
                if answer["janus"] == "ack" and verb == "message":
                    answer = await receive.receive()
        except trio.TooSlowError:
            raise RouterFailed(f"Janus did not answer {verb!r} within {REQUEST_TIMEOUT_S:.0f} s") from None
        finally:
            del self._answers[transaction]
        return _checked(answer)

    async def read(self) -> None:
        """Hand answers to who waits for them, until Janus closes."""
        async for data in self._websocket:
            message = json.loads(data)
            waiting = self._answers.get(message.get("transaction", ""))
            if waiting is not None:
                waiting.send_nowait(message)

    async def keep_alive(self) -> None:
        """Keep the session from timing out."""
        while True:
            await trio.sleep(KEEP_ALIVE_S)
            await self.request("keepalive")


class JanusHandle:
    """One peer connection of the videoroom plugin."""

    def __init__(self, session: JanusSession, handle_id: int) -> None:
        self._session = session
        self._handle_id = handle_id

    async def message(self, body: _Message, jsep: _Message | None = None) -> tuple[_Message, str]:
        """Send *body*, with an SDP if given; returns the plugin's data and the SDP that came with it."""
        sdp = {} if jsep is None else {"jsep": jsep}
        answer = await self._session.request("message", handle_id=self._handle_id, body=body, **sdp)
        return answer["plugindata"]["data"], answer.get("jsep", {}).get("sdp", "")


@asynccontextmanager
async def open_janus_session(port: int) -> AsyncIterator[JanusSession]:
    """Open a session with the Janus that listens, or will soon, on *port* of this machine. Raises RouterFailed."""
    await _wait_for(port)
    # With a bound to its queue, messages that nobody reads any more would keep the connection from closing, for ever.
    options: dict[str, Any] = {"compression": None, "max_queue": None, "proxy": None}
    async with connect(f"ws://{API_IP}:{port}", subprotocols=[_SUBPROTOCOL], **options) as websocket:
        session = JanusSession(websocket)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(session.read)
            await session.create()
            nursery.start_soon(session.keep_alive)
            yield session
            nursery.cancel_scope.cancel()


async def _wait_for(port: int) -> None:
    # Janus tells nobody when it is ready.
    with trio.move_on_after(REQUEST_TIMEOUT_S):
        while True:
            try:
                async with await trio.open_tcp_stream(API_IP, port):
                    return
            except OSError:
                await trio.sleep(CONNECT_INTERVAL_S)
    raise RouterFailed(f"Janus did not open its API within {REQUEST_TIMEOUT_S:.0f} s")


def _checked(answer: _Message) -> _Message:
    if answer["janus"] == "error":
        raise RouterFailed(f"Janus: {answer['error']['reason']}")
    data = answer.get("plugindata", {}).get("data", {})
    if "error" in data:
        raise RouterFailed(f"Janus videoroom: {data['error']}")
    return answer
