"""Janus' API against a stand-in on a Unix socket, and the configuration that a Janus would get."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

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
async def stand_in(path: Path, answer: Answer = videoroom) -> AsyncIterator[tuple[JanusSession, list[Message]]]:
    """A session with something that listens at *path*, and the requests it got."""
    requests: list[Message] = []

    async def serve() -> None:
        listener = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_SEQPACKET)
        with listener:
            await listener.bind(str(path))
            listener.listen()
            connection, _ = await listener.accept()
            with connection:
                while data := await connection.recv(1 << 16):
                    requests.append(json.loads(data))
                    for message in answer(requests[-1]):
                        numbered = message | {"transaction": requests[-1]["transaction"]}
                        await connection.send(json.dumps(numbered).encode())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        async with open_janus_session(path) as session:
            yield session, requests
        nursery.cancel_scope.cancel()


async def test_a_plugins_answer_comes_after_the_acknowledgement(tmp_path: Path) -> None:
    async with stand_in(tmp_path / "api") as (session, requests):
        handle = await session.attach()
        data, sdp = await handle.message({"request": "join"})
        assert (data, sdp) == ({"id": 99}, "offer")
        assert [request["janus"] for request in requests] == ["create", "attach", "message"]
        assert "session_id" not in requests[0]
        assert (requests[2]["session_id"], requests[2]["handle_id"]) == (7, 7)
        assert len({request["transaction"] for request in requests}) == 3


async def test_an_offer_is_sent_as_jsep(tmp_path: Path) -> None:
    async with stand_in(tmp_path / "api") as (session, requests):
        handle = await session.attach()
        await handle.message({"request": "join"}, {"type": "answer", "sdp": "mine"})
        assert requests[-1]["jsep"] == {"type": "answer", "sdp": "mine"}


@pytest.mark.parametrize(("body", "reason"), [("publish", "room is full"), ("start", "no such handle")])
async def test_what_janus_refuses_is_an_error(tmp_path: Path, body: str, reason: str) -> None:
    async with stand_in(tmp_path / "api") as (session, _):
        handle = await session.attach()
        with pytest.raises(RouterFailed, match=reason):
            await handle.message({"request": body})


async def test_silence_is_an_error(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> None:
    path = tmp_path / "api"
    with pytest.raises(RouterFailed, match="did not open its API"):
        async with open_janus_session(path):
            pass
    (client, server) = trio.socket.socketpair()
    with client, server, pytest.raises(RouterFailed, match="did not answer 'create'"):
        await JanusSession(client).create()


async def test_a_room_is_created_without_limits_and_destroyed(tmp_path: Path) -> None:
    def answer(request: Message) -> list[Message]:
        if request.get("body", {}).get("request") == "destroy":
            return [{"janus": "success", "plugindata": {"data": {}}}]
        return videoroom(request)

    async with stand_in(tmp_path / "api", answer) as (session, requests):
        async with JanusRouter(session, 1, "192.0.2.1").open_session() as room:
            assert room.room == 1234
            assert requests[-1]["body"]["bitrate"] == 0
        assert requests[-1]["body"] == {"request": "destroy", "room": 1234}


def test_the_configuration_loads_the_videoroom_and_one_transport_only(tmp_path: Path) -> None:
    files = configuration(tmp_path, "192.0.2.1", event_loops=1)
    core = files["janus.jcfg"]
    assert "libjanus_videoroom.so" not in core
    assert "libjanus_pfunix.so" not in core
    assert "libjanus_streaming.so,libjanus_textroom.so" in core
    assert 'ice_enforce_list = "192.0.2.1"' in core
    assert "event_loops = 1" in core
    assert "event_loops" not in configuration(tmp_path, "192.0.2.1", event_loops=0)["janus.jcfg"]
    assert f'path = "{tmp_path}/api"' in files["janus.transport.pfunix.jcfg"]
