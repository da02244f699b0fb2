"""A call on a whole router, as CDR and webhooks tell of it: which events, in which order, with how many members."""

import json
import ssl
import threading
from contextlib import asynccontextmanager

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from websockets.trio.client import connect

from ovrouter import Config, open_router
from ovrouter.reporting import commit
from ovrouter.testing.fake_media_node import FakeMediaNode
from tests.unit.reporting.endpoint_server import open_endpoint_server

DEADLINE_S = 60
QUIET_S = 0.1
"""Nothing moves for so long: an answer that did not wait would have arrived."""
PUBLISH = {
    "sdpOffer": "v=0 offer",
    "doLoopback": False,
    "hasAudio": True,
    "hasVideo": True,
    "audioActive": True,
    "videoActive": True,
    "typeOfVideo": "CAMERA",
    "frameRate": 30,
    "videoDimensions": '{"width":640,"height":480}',
}


class Client:
    """One client of a router."""

    def __init__(self, socket):
        self.id = ""
        self._socket = socket
        self._last_id = 0

    async def call(self, method, **params):
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        await self._socket.send(json.dumps(request))
        while (message := json.loads(await self._socket.recv())).get("id") != self._last_id:
            pass
        return message["result"]


class World:
    """A router that reports to files and to an endpoint."""

    def __init__(self, router, rest, endpoint, cdr_folder):
        self.router = router
        self.rest = rest
        self.endpoint = endpoint
        self._cdr_folder = cdr_folder

    @property
    def logged(self):
        """``(name, members)`` of the CDR's lines."""
        lines = [line for path in sorted(self._cdr_folder.iterdir()) for line in path.read_text().splitlines()]
        return [pair for line in lines for pair in json.loads(line).items()]

    @property
    def names(self):
        return [name for name, _ in self.logged]

    @asynccontextmanager
    async def joined(self, session="A"):
        token = (await self.rest.post(f"/sessions/{session}/connection", json={})).json()["token"]
        async with connect(f"{self.router.url.replace('https', 'wss')}/openvidu", ssl=trust(self.router)) as socket:
            client = Client(socket)
            room = {"session": session, "token": token, "secret": "", "metadata": "data", "platform": "Chrome"}
            client.id = (await client.call("joinRoom", recorder=False, **room))["id"]
            yield client


def trust(router):
    return ssl.create_default_context(cafile=router.config.ovrouter_data_dir / "self-signed.pem")


def open_rest(router):
    credentials = ("OPENVIDUAPP", router.config.openvidu_secret)
    return httpx.AsyncClient(base_url=f"{router.url}/openvidu/api", auth=credentials, verify=trust(router))


@asynccontextmanager
async def open_world(folder, *, is_listening=True, **settings):
    async with open_endpoint_server() as endpoint:
        if is_listening:
            endpoint.listen()
        config = Config(
            https_port=0,
            ovrouter_listen_ip="127.0.0.1",
            ovrouter_data_dir=folder / "data",
            openvidu_cdr=True,
            openvidu_cdr_path=f"{folder}/cdr/",
            openvidu_webhook=True,
            openvidu_webhook_endpoint=endpoint.url,
            **settings,
        )
        with trio.fail_after(DEADLINE_S):
            async with open_router(config, media=FakeMediaNode()) as router, open_rest(router) as rest:
                yield World(router, rest, endpoint, folder / "cdr")


async def have_a_call(world):
    """Alice publishes, Bob receives her and signals; then Bob leaves, then Alice."""
    await world.rest.post("/sessions", json={"customSessionId": "A"})
    async with world.joined() as alice, world.joined() as bob:
        stream = (await alice.call("publishVideo", **PUBLISH))["id"]
        await bob.call("receiveVideoFrom", sender=stream, sdpOffer="v=0 offer")
        await bob.call("sendMessage", message=json.dumps({"to": [], "type": "signal:chat", "data": "hi"}))
        await bob.call("leaveRoom")
        await alice.call("leaveRoom")
    return alice.id, bob.id, stream


async def test_a_call_from_its_first_event_to_its_last(tmp_path):
    async with open_world(tmp_path) as world:
        alice, bob, stream = await have_a_call(world)
        told = [event for event in world.logged if event[0] != "mediaNodeStatusChanged"]
    assert [
        (
            name,
            members.get("connectionId", members.get("from")),
            members.get("connection"),
            members.get("reason"),
            len(members) + 1,
        )
        for name, members in told
    ] == [
        ("sessionCreated", None, None, None, 4),
        ("participantJoined", alice, None, None, 11),
        ("participantJoined", bob, None, None, 11),
        ("webrtcConnectionCreated", alice, "OUTBOUND", None, 13),
        ("webrtcConnectionCreated", bob, "INBOUND", None, 14),
        ("signalSent", bob, None, None, 8),
        ("webrtcConnectionDestroyed", bob, "INBOUND", "disconnect", 17),
        ("participantLeft", bob, None, "disconnect", 14),
        ("webrtcConnectionDestroyed", alice, "OUTBOUND", "disconnect", 16),
        ("participantLeft", alice, None, "disconnect", 14),
        ("sessionDestroyed", None, None, "lastParticipantLeft", 7),
    ]
    assert {members["uniqueSessionId"] for _, members in told} == {told[0][1]["uniqueSessionId"]}
    assert told[4][1]["receivingFrom"] == alice
    assert told[4][1]["streamId"] == stream
    assert sorted(told[5][1]["to"]) == sorted((alice, bob))


async def test_webhooks_say_what_the_cdr_says(tmp_path):
    async with open_world(tmp_path) as world:
        await have_a_call(world)
        logged = [(name, members) for name, members in world.logged if "sessionId" in members]
        requests = await world.endpoint.arrived(len(logged), sessionId="A")
    assert [list(request.json.items()) for request in requests] == [
        [*members.items(), ("event", name)] for name, members in logged
    ]
    assert len({request.id for request in requests}) == len(logged)


async def test_only_chosen_events_are_sent_and_all_are_logged(tmp_path):
    async with open_world(tmp_path, openvidu_webhook_events=("signalSent", "sessionDestroyed")) as world:
        await have_a_call(world)
        requests = await world.endpoint.arrived(2)
    assert [request.json["event"] for request in requests] == ["signalSent", "sessionDestroyed"]
    assert {"participantJoined", "webrtcConnectionCreated"} < set(world.names)


async def test_when_somebody_leaves_his_viewers_are_told_of_first(tmp_path):
    async with open_world(tmp_path) as world:
        await world.rest.post("/sessions", json={"customSessionId": "A"})
        async with world.joined() as alice, world.joined() as bob:
            streams = [(await client.call("publishVideo", **PUBLISH))["id"] for client in (alice, bob)]
            await bob.call("receiveVideoFrom", sender=streams[0], sdpOffer="v=0 offer")
            await alice.call("receiveVideoFrom", sender=streams[1], sdpOffer="v=0 offer")
            before = len(world.logged)
            await alice.call("leaveRoom")
            ended = [
                (name, members["connectionId"], members.get("connection")) for name, members in world.logged[before:]
            ]
    assert ended == [
        ("webrtcConnectionDestroyed", bob.id, "INBOUND"),
        ("webrtcConnectionDestroyed", alice.id, "INBOUND"),
        ("webrtcConnectionDestroyed", alice.id, "OUTBOUND"),
        ("participantLeft", alice.id, None),
    ]


async def test_answers_wait_for_the_disk(tmp_path, monkeypatch):
    is_writing, may_write = trio.Event(), threading.Event()
    answered = []

    def write_later(_):
        trio.from_thread.run_sync(is_writing.set)
        may_write.wait(DEADLINE_S)

    async def create_session():
        answered.append((await world.rest.post("/sessions")).status_code)

    monkeypatch.setattr(commit, "PATIENCE_S", 2 * DEADLINE_S)
    async with open_world(tmp_path) as world:
        with monkeypatch.context() as patch:
            patch.setattr("os.fdatasync", write_later)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(create_session)
                await is_writing.wait()
                await wait_all_tasks_blocked(QUIET_S)
                assert answered == []
                may_write.set()
        assert answered == [200]
        assert world.names[-1] == "sessionCreated"


@pytest.mark.parametrize("fault", ["is not there", "never answers"])
async def test_an_endpoint_slows_nothing_else(tmp_path, fault):
    async def never_answer(_):
        await trio.sleep_forever()

    async with open_world(tmp_path, is_listening=fault == "never answers") as world:
        world.endpoint.answer = never_answer
        await have_a_call(world)
        assert (await world.rest.get("/health")).json()["status"] == "UP"
        assert world.names[-1] == "sessionDestroyed"


async def test_clients_are_told_and_events_kept_when_the_router_stops(tmp_path):
    async with open_world(tmp_path, is_listening=False) as world:
        await world.rest.post("/sessions", json={"customSessionId": "A"})
    assert world.logged[-1][0] == "sessionDestroyed"
    assert world.logged[-1][1]["reason"] == "openviduServerStopped"
    async with open_world(tmp_path) as world:
        requests = await world.endpoint.arrived(2, sessionId="A")
    assert [request.json["event"] for request in requests] == ["sessionCreated", "sessionDestroyed"]
