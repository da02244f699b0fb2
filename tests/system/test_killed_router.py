"""A router that is killed in the middle of everything: what it acknowledged is reported all the same."""

import itertools
import json
import ssl
import subprocess
import sys
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import trio

from tests.unit.reporting.endpoint_server import Answer, open_endpoint_server

DEADLINE_S = 240
CLIENTS = 8
ACTIONS = 60
SECRET = "s3cret"


@asynccontextmanager
async def serving(folder: Path, endpoint_url: str):
    """A router process, killed at the end of the block at the latest; gives the process and its URL."""
    settings = {
        "HTTPS_PORT": 0,
        "OPENVIDU_CDR": "true",
        "OPENVIDU_CDR_PATH": f"{folder}/cdr",
        "OPENVIDU_SECRET": SECRET,
        "OPENVIDU_WEBHOOK": "true",
        "OPENVIDU_WEBHOOK_ENDPOINT": endpoint_url,
        "OVROUTER_DATA_DIR": f"{folder}/data",
        "OVROUTER_LISTEN_IP": "127.0.0.1",
        "OVROUTER_MEDIA_IP": "127.0.0.1",
        "OVROUTER_MEDIA_PORT": 0,
        "OVROUTER_WORKERS": 1,
    }
    assignments = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "ovrouter", "serve", *assignments]
    async with trio.open_nursery() as nursery:
        process = await nursery.start(partial(trio.run_process, command, stdout=subprocess.PIPE, check=False))
        ready = b""
        while not ready.endswith(b"\n"):
            received = await process.stdout.receive_some()
            assert received, "the router ended before it was ready"
            ready += received
        try:
            yield process, ready.decode().split()[1]
        finally:
            process.kill()


def create_and_close(url, folder, client_number, acknowledged, on_acknowledged):
    """Create and close Sessions until the router is gone, keeping what it acknowledged; blocks."""
    with (
        suppress(httpx.TransportError),
        httpx.Client(
            base_url=f"{url}/openvidu/api/sessions",
            auth=("OPENVIDUAPP", SECRET),
            verify=ssl.create_default_context(cafile=folder / "data" / "self-signed.pem"),
            timeout=DEADLINE_S,
        ) as rest,
    ):
        for number in range(ACTIONS):
            session = f"{client_number}-{number}"
            assert rest.post("", json={"customSessionId": session}).status_code == 200
            acknowledged[session].append("sessionCreated")
            on_acknowledged()
            assert rest.delete(f"/{session}").status_code == 204
            acknowledged[session].append("sessionDestroyed")
            on_acknowledged()


async def act_until_killed(process, url, folder):
    """Events of each Session that were acknowledged before the router was killed."""
    acknowledged = defaultdict(list)
    count = itertools.count(1)

    def kill_at_last():
        if next(count) == ACTIONS:
            process.kill()

    async with trio.open_nursery() as nursery:
        for number in range(CLIENTS):
            nursery.start_soon(
                trio.to_thread.run_sync, create_and_close, url, folder, number, acknowledged, kill_at_last
            )
    await process.wait()
    return acknowledged


def whole_lines(folder):
    for path in (folder / "cdr").iterdir():
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)


async def test_every_acknowledged_event_is_reported_in_order_and_under_one_id(tmp_path):
    is_away = True

    async def take_every_other_session(request):
        client_number = int(request.json.get("sessionId", "0-0").partition("-")[0])
        return Answer(503 if is_away and client_number % 2 else 200)

    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server() as endpoint:
            endpoint.answer = take_every_other_session
            endpoint.listen()
            async with serving(tmp_path, endpoint.url) as (process, url):
                acknowledged = await act_until_killed(process, url, tmp_path)
            is_away = False
            async with serving(tmp_path, endpoint.url):
                for session, names in acknowledged.items():
                    for name in names:
                        await endpoint.arrived(1, sessionId=session, event=name)

    assert sum(map(len, acknowledged.values())) >= ACTIONS
    ids = defaultdict(list)
    for request in endpoint.requests:
        key = (request.json.get("sessionId"), request.json["event"])
        if request.id not in ids[key]:
            ids[key].append(request.id)
    delivered = [key for key in ids if key[0] in acknowledged]
    for session, names in acknowledged.items():
        assert [name for each, name in delivered if each == session][: len(names)] == names
        assert all(len(ids[session, name]) == 1 for name in names)

    logged = [(members.get("sessionId"), name) for line in whole_lines(tmp_path) for name, members in line.items()]
    for session, names in acknowledged.items():
        assert [name for each, name in logged if each == session][: len(names)] == names
