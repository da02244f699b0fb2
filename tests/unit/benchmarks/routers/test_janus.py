"""Janus' API against a stand-in behind a WebSocket, and the configuration that a Janus would get."""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from websockets.trio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from benchmarks.routers.contract import RouterFailed
from benchmarks.routers.janus import JanusRouter, configuration
from benchmarks.routers.janus_client import JanusSession, open_janus_session

Message = dict[str, Any]
Answer = Callable[[Message], list[Message]]


def videoroom(request: Message) -> list[Message]:
    """Answer as Janus does: session and handle at once, what a plugin does later after an acknowledgement."""
    match request["janus"], request.get("body", {}).get("request"):
        case (("create" | "attach"), _):
            return [{"janus": "success", "data": {"id": 7}}]
        case "message", "create":
            return [{"janus": "success", "plugindata": {"data": {"room": 1234}}}]
        case "message", "join":
            return [{"janus": "ack"}, {"janus": "event", "plugindata": {"data": {"id": 99}}, "jsep": {"sdp": "offer"}}]
        case "message", "publish":
            return [{"janus": "ack"}, {"janus": "event", "plugindata": {"data": {"error": "room is full"}}}]
        case "message", _:
            return [{"janus": "error", "error": {"reason": "no such handle"}}]
    return []


@asynccontextmanager
async def stand_in(answer: Answer = videoroom) -> AsyncIterator[tuple[JanusSession, list[Message]]]:
    """A session with something that answers, and the requests it got."""
    requests: list[Message] = []

    async def handle(websocket: ServerConnection) -> None:
        async for data in websocket:
            requests.append(json.loads(data))
            for message in answer(requests[-1]):
                await websocket.send(json.dumps(message | {"transaction": requests[-1]["transaction"]}))

    async with trio.open_nursery() as nursery:
        janus = functools.partial(serve, handle, 0, host="127.0.0.1", subprotocols=[Subprotocol("janus-protocol")])
        server = await nursery.start(janus)
        port = server.listeners[0].socket.getsockname()[1]
        async with open_janus_session(port) as session:
            yield session, requests
        nursery.cancel_scope.cancel()


async def test_a_plugins_answer_comes_after_the_acknowledgement() -> None:
    async with stand_in() as (session, requests):
        handle = await session.attach()
        data, sdp = await handle.message({"request": "join"})
        assert (data, sdp) == ({"id": 99}, "offer")
        assert [request["janus"] for request in requests] == ["create", "attach", "message"]
        assert "session_id" not in requests[0]
        assert (requests[2]["session_id"], requests[2]["handle_id"]) == (7, 7)
        assert len({request["transaction"] for request in requests}) == 3


async def test_a_janus_whose_messages_nobody_reads_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    read_to_the_end = JanusSession.read
    is_told = trio.Event()

    async def read_until_told(session: JanusSession) -> None:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read_to_the_end, session)
                await is_told.wait()
                scope.cancel()

    def answer(request: Message) -> list[Message]:
        return [{"janus": "event"}] * 100 if request["janus"] == "message" else videoroom(request)

    monkeypatch.setattr(JanusSession, "read", read_until_told)
    async with stand_in(answer) as (session, _):
        handle = await session.attach()
        is_told.set()
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(0.1):
            await handle.message({"request": "hang up"})
        with trio.move_on_after(10) as leaving:
            await session._websocket.aclose()
    assert not leaving.cancelled_caught


async def test_an_offer_is_sent_as_jsep() -> None:
    async with stand_in() as (session, requests):
        handle = await session.attach()
        await handle.message({"request": "join"}, {"type": "answer", "sdp": "mine"})
        assert requests[-1]["jsep"] == {"type": "answer", "sdp": "mine"}


@pytest.mark.parametrize(("body", "reason"), [("publish", "room is full"), ("start", "no such handle")])
async def test_what_janus_refuses_is_an_error(body: str, reason: str) -> None:
    async with stand_in() as (session, _):
        handle = await session.attach()
        with pytest.raises(RouterFailed, match=reason):
            await handle.message({"request": body})


async def test_a_janus_that_does_not_start_is_an_error(autojump_clock: trio.testing.MockClock) -> None:
    with pytest.raises(RouterFailed, match="did not open its API"):
        async with open_janus_session(1):
            pass


async def test_a_janus_that_does_not_answer_is_an_error(autojump_clock: trio.testing.MockClock) -> None:
    class Silence:
        async def send(self, _message: str) -> None:
            pass

    with pytest.raises(RouterFailed, match="did not answer 'create'"):
        await JanusSession(Silence()).create()


async def test_a_room_is_created_without_limits_and_destroyed() -> None:
    def answer(request: Message) -> list[Message]:
        if request.get("body", {}).get("request") == "destroy":
            return [{"janus": "success", "plugindata": {"data": {}}}]
        return videoroom(request)

    async with stand_in(answer) as (session, requests):
        async with JanusRouter(session, 1, "192.0.2.1").open_session() as room:
            assert room.room == 1234
            assert requests[-1]["body"]["bitrate"] == 0
        assert requests[-1]["body"] == {"request": "destroy", "room": 1234}


def test_the_configuration_loads_the_videoroom_and_one_transport_only(tmp_path: Path) -> None:
    files = configuration(tmp_path, "192.0.2.1", 8188, event_loops=1)
    core = files["janus.jcfg"]
    assert "libjanus_videoroom.so" not in core
    assert "libjanus_websockets.so" not in core
    assert "libjanus_streaming.so,libjanus_textroom.so" in core
    assert 'ice_enforce_list = "192.0.2.1"' in core
    assert "event_loops = 1" in core
    assert "event_loops" not in configuration(tmp_path, "192.0.2.1", 8188, event_loops=0)["janus.jcfg"]
    assert "ws_port = 8188" in files["janus.transport.websockets.jcfg"]
