"""A whole router in one process: served, left clean, and standing while its parts fail."""

import json
import os
import socket
import ssl
import threading
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import httpx
import pytest
import trio
import trio.testing
from websockets.exceptions import WebSocketException
from websockets.trio.client import connect

import ovrouter
from ovrouter import Config, ConfigError, open_router
from ovrouter.data_files import secret_path
from ovrouter.events import EndReason
from ovrouter.server import SHUTDOWN_S, _collect_garbage
from ovrouter.session import SessionProperties
from ovrouter.testing.fake_media_node import FakeMediaNode

DEADLINE_S = 30
PATIENCE_S = 0.2
SECRET = "s3cret"
NEVER = trio.Event()


@pytest.fixture
def config(tmp_path):
    return Config(
        https_port=0,
        openvidu_secret=SECRET,
        ovrouter_data_dir=tmp_path,
        ovrouter_listen_ip="127.0.0.1",
        ovrouter_media_ip=("127.0.0.1",),
        ovrouter_media_port=0,
    )


@pytest.fixture
def media():
    return FakeMediaNode()


def trust(router):
    return ssl.create_default_context(cafile=router.config.ovrouter_data_dir / "self-signed.pem")


def rest(router):
    return httpx.AsyncClient(
        base_url=f"{router.url}/openvidu/api",
        auth=("OPENVIDUAPP", router.config.openvidu_secret),
        verify=trust(router),
    )


class Abandoned(Exception):
    """What the client waited for will not come."""


class Client:
    """One client socket; notifications that came meanwhile are kept. It waits no longer once *abandon* is set."""

    def __init__(self, socket, abandon):
        self.socket = socket
        self.abandon = abandon
        self.notifications = []
        self.last_id = 0

    async def call(self, method, **params):
        self.last_id += 1
        request = {"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}
        await self.socket.send(json.dumps(request))
        while True:
            message = await self.receive()
            if message.get("id") == self.last_id:
                return message["result"]
            self.notifications.append(message)

    async def told(self, method):
        while not (found := [message for message in self.notifications if message["method"] == method]):
            self.notifications.append(await self.receive())
        self.notifications.remove(found[0])
        return found[0]["params"]

    async def receive(self):
        while not self.abandon.is_set():
            with trio.move_on_after(PATIENCE_S):
                return json.loads(await self.socket.recv())
        raise Abandoned

    async def everything_until_closed(self):
        with suppress(WebSocketException):
            while True:
                self.notifications.append(await self.receive())
        return [(message["method"], message["params"]) for message in self.notifications]


@asynccontextmanager
async def joined(router, session_id, abandon=NEVER):
    async with rest(router) as client:
        await client.post("/sessions", json={"customSessionId": session_id})
        token = (await client.post(f"/sessions/{session_id}/connection", json={})).json()["token"]
    async with connect(f"{router.url.replace('https', 'wss')}/openvidu", ssl=trust(router)) as socket:
        client = Client(socket, abandon)
        room = {"session": session_id, "token": token, "secret": "", "metadata": "", "platform": "test"}
        await client.call("joinRoom", recorder=False, **room)
        yield client


def resources():
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("Trio thread")]
    return len(os.listdir("/proc/self/fd")), len(threads), trio.lowlevel.current_statistics().tasks_living


async def test_serves_inside_the_block_and_not_after(config, media):
    async with open_router(config, media=media) as router:
        assert router.config.https_port > 0
        assert router.url == f"https://localhost:{router.config.https_port}"
        assert router.media is media
        async with rest(router) as client:
            created = await client.post("/sessions", json={})
            assert created.status_code == 200
            assert [session.id for session in router.sessions.sessions()] == [created.json()["id"]]
    with pytest.raises(OSError, match="all attempts to connect"):
        await trio.open_tcp_stream("127.0.0.1", router.config.https_port)


async def test_two_routers_share_nothing(config, media):
    async with open_router(config, media=media) as one, open_router(config, media=FakeMediaNode()) as other:
        assert one.url != other.url
        async with rest(one) as client:
            await client.post("/sessions", json={"customSessionId": "only-here"})
        assert len(one.sessions.sessions()) == 1
        assert other.sessions.sessions() == ()


async def use_for_a_call(config):
    async with open_router(config) as router, joined(router, "a"), joined(router, "a"):
        return resources()


async def test_nothing_is_left_behind(config):
    await use_for_a_call(config)  # whatever is opened once for the whole process is open now
    before = resources()
    assert await use_for_a_call(config) > before
    assert resources() == before


async def keep_joined(router, *, task_status):
    async with joined(router, "a") as one, joined(router, "a") as two, joined(router, "b") as three:
        task_status.started((one, two, three))
        await trio.sleep_forever()


async def test_clients_are_told_and_closed_within_the_time(config, media):
    told = []

    async def listen(client):
        told.append(await client.everything_until_closed())

    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as clients:
            async with trio.open_nursery() as listening:
                async with open_router(config, media=media) as router:
                    for client in await clients.start(keep_joined, router):
                        listening.start_soon(listen, client)
                    stopped_at = trio.current_time()
                assert trio.current_time() - stopped_at < SHUTDOWN_S
            clients.cancel_scope.cancel()
    assert len(told) == 3
    for messages in told:
        method, params = messages[-1]
        assert method == "participantEvicted"
        assert params["reason"] == EndReason.OPENVIDU_SERVER_STOPPED.value


async def test_secret_is_made_and_used(config, media, tmp_path):
    without = Config(https_port=0, ovrouter_data_dir=tmp_path / "data", ovrouter_listen_ip="127.0.0.1")
    async with open_router(without, media=media) as router:
        assert router.config.openvidu_secret == secret_path(tmp_path / "data").read_text()
        async with rest(router) as client:
            assert (await client.get("/sessions")).status_code == 200
            assert (await client.get("/sessions", auth=("OPENVIDUAPP", ""))).status_code == 401


async def test_the_media_node_keeps_its_name_over_restarts(config, media):
    async def name():
        async with open_router(config, media=media) as router, rest(router) as client:
            shown = (await client.get("/config")).json()
            (node,) = (await client.get("/media-nodes")).json()["content"]
            assert (node["status"], shown["KMS_URIS"]) == ("running", [node["uri"]])
            return node["id"], shown["OPENVIDU_PRO_CLUSTER_ID"]

    first = await name()
    assert first == await name()
    assert (first[0][:6], first[1][:4]) == ("media_", "clu_")


async def test_settings_that_do_not_fit_are_refused(config, media):
    bad = Config(openvidu_secret="MY_SECRET", https_port=0)
    with pytest.raises(ConfigError, match="everybody knows this one"):
        async with open_router(bad, media=media):
            pytest.fail("it started")


async def test_port_in_use(config, media):
    async with open_router(config, media=media) as router:
        with pytest.raises(OSError, match="the port is in use"):
            async with open_router(router.config, media=FakeMediaNode()):
                pytest.fail("it started")


async def test_an_exception_of_the_block_leaves_it_as_it_is(config, media):
    with pytest.raises(ValueError, match=r"^mine$"):
        async with open_router(config, media=media):
            raise ValueError("mine")


async def test_cancellation_ends_it(config, media):
    with trio.CancelScope() as scope:
        async with open_router(config, media=media):
            scope.cancel()
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_garbage_is_collected_at_the_interval(autojump_clock):
    class Sessions:
        sweeps = 0

        def collect_garbage(self):
            self.sweeps += 1
            if self.sweeps == 2:
                raise ValueError("a sweep that fails")

    sessions = Sessions()
    with trio.move_on_after(100):
        await _collect_garbage(sessions, 30)
    assert sessions.sweeps == 3
    await _collect_garbage(sessions, 0)
    assert sessions.sweeps == 3


# Restart


async def ask_restart(router, **changes):
    """POST /restart, and wait until it serves again."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(router.wait_restarted)
        async with rest(router) as client:
            answer = await client.post("/restart", json=changes)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_restart_ends_sessions_and_serves_with_the_new_settings(config, media):
    with trio.fail_after(DEADLINE_S):
        async with open_router(config, media=media) as router, joined(router, "a") as client:
            url, sessions = router.url, router.sessions
            await ask_restart(router, OPENVIDU_SESSIONS_GARBAGE_INTERVAL=7)
            method, params = (await client.everything_until_closed())[-1]
            assert (method, params["reason"]) == ("participantEvicted", EndReason.OPENVIDU_SERVER_STOPPED.value)
            assert sessions.sessions() == router.sessions.sessions() == ()
            assert router.url == url
            async with rest(router) as caller:
                shown = (await caller.get("/config")).json()
            assert shown["OPENVIDU_SESSIONS_GARBAGE_INTERVAL"] == 7
            async with joined(router, "a"):
                assert len(router.sessions.sessions()) == 1


async def test_changes_add_up_and_the_owner_may_keep_them(config, media):
    kept = []

    def change(texts):
        kept.append(texts)
        return replace(config, openvidu_cdr=True)  # the port is to be chosen again, as in a file that says 0

    with trio.fail_after(DEADLINE_S):
        async with open_router(config, media=media, change=change) as router:
            url = router.url
            await ask_restart(router, OPENVIDU_CDR=True)
            await ask_restart(router, OPENVIDU_PRO_NETWORK_QUALITY=True)
            assert (router.url, router.config.openvidu_cdr) == (url, True)
    assert kept == [{"OPENVIDU_CDR": "true"}, {"OPENVIDU_PRO_NETWORK_QUALITY": "true"}]


async def test_a_refused_restart_disturbs_nobody(config, media):
    async with open_router(config, media=media) as router, joined(router, "a") as client:
        async with rest(router) as caller:
            assert (await caller.post("/restart", json={"HTTPS_PORT": 1})).status_code == 400
        await client.call("sendMessage", message=json.dumps({"to": [], "type": "signal:t", "data": "still here"}))


async def test_a_restart_leaves_nothing_behind(config, media):
    async with open_router(config, media=media) as router:
        await ask_restart(router)
        before = resources()
        await ask_restart(router)
        assert resources() == before


async def open_and_restart(config, changed):
    async with open_router(config, media=FakeMediaNode(), change=lambda _: changed) as router:
        with trio.fail_after(DEADLINE_S):
            await ask_restart(router)


async def test_a_restart_that_fails_ends_the_router(config, media):
    async with open_router(config, media=media) as other:
        taken = replace(config, https_port=other.config.https_port)
        with pytest.raises(OSError, match="the port is in use"):
            await open_and_restart(config, taken)


async def test_behind_a_proxy_it_listens_for_http_on_a_port_of_its_own(config, media):
    config = replace(config, https_port=443, server_port=free_port(), server_ssl_enabled=False)
    async with open_router(config, media=media) as router:
        assert router.url == f"http://localhost:{config.server_port}"
        async with httpx.AsyncClient(base_url=router.url, auth=("OPENVIDUAPP", SECRET)) as client:
            public_url = await client.get("/openvidu/api/config/openvidu-publicurl")
            await client.post("/openvidu/api/sessions", json={"customSessionId": "a"})
            token = (await client.post("/openvidu/api/sessions/a/connection")).json()["token"]
        assert public_url.text == "https://localhost/"
        assert token.startswith("wss://localhost?sessionId=a&")
        async with connect(f"ws://localhost:{config.server_port}/openvidu") as socket:
            await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"interval": 5000}}))
            assert json.loads(await socket.recv())["result"]["value"] == "pong"
    assert not (config.ovrouter_data_dir / "self-signed.pem").exists()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    ("host", "url"), [("media.org", "https://media.org:443"), ("::1", "https://[::1]:443")], ids=["name", "IPv6"]
)
def test_url_names_the_port(host, url, media):
    config = Config(domain_or_public_ip=host, https_port=443, force_plain_http=True)
    assert ovrouter.Router(config, None, media).url == url


async def test_a_program_gets_every_event_and_may_fail(config, media):
    told = []

    def notice(event):
        told.append(type(event).__name__)
        raise ValueError("of no interest")

    async with open_router(config, media=media, on_event=notice) as router:
        session = router.sessions.create(SessionProperties())
        await router.sessions.close(session.id, EndReason.SESSION_CLOSED_BY_SERVER)
    assert [name for name in told if name.startswith("Session")] == ["SessionCreated", "SessionDestroyed"]
