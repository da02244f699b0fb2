"""The end of a router: who is told, who cannot hold it up, and what is left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from ovrouter import Config, open_router
from tests.browser.router_process import RouterProcess, run_router
from tests.interop.client import insecure
from tests.system.live_call import open_call

DEADLINE_S = 120
"""So that a test fails rather than hangs."""
STOP_S = 9
"""Five seconds are promised, and the machine may be busy; waiting for a client that does not read would take ten."""
SIGNALS, SIGNAL_CHARS = 100, 16_000
"""Far more than the small socket buffers hold, and less than the 4 MiB that the router keeps for a client."""


class Client:
    """One participant, who reads only when told to: no thread does it for him."""

    def __init__(self, tls: ssl.SSLSocket) -> None:
        self._tls = tls
        self._protocol = ClientProtocol(parse_uri("wss://localhost/openvidu"), max_size=None)
        self._protocol.send_request(self._protocol.connect())
        self._last_id = 0
        self.notifications: list[dict[str, Any]] = []
        while self._protocol.state is State.CONNECTING:
            self._read()

    def call(self, method: str, **params: Any) -> None:
        """Send a request, and read until its answer."""
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        self._protocol.send_text(json.dumps(request).encode())
        while (answer := self._take_answer(self._read())) is None:
            pass
        assert "result" in answer, answer

    def read_to_the_end(self) -> list[dict[str, Any]]:
        """All notifications, once the router has closed the socket."""
        with suppress(EOFError):
            while True:
                self._take_answer(self._read())
        return self.notifications

    def _take_answer(self, messages: list[dict[str, Any]]) -> dict[str, Any] | None:
        self.notifications += [message for message in messages if "id" not in message]
        return next((message for message in messages if "id" in message), None)

    def _read(self) -> list[dict[str, Any]]:
        """The messages that come next, some at once or none. Raises EOFError."""
        for data in self._protocol.data_to_send():
            self._tls.sendall(data)
        if not (data := self._tls.recv(1 << 16)):
            raise EOFError
        self._protocol.receive_data(data)
        frames = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
        return [json.loads(frame.data) for frame in frames if frame.opcode is Opcode.TEXT]


@contextmanager
def joined(router: RouterProcess, *, small_buffers: bool = False) -> Iterator[Client]:
    """A participant; with *small_buffers* the sockets of both ends hold little that it has not read."""
    with socket.socket() as tcp:
        tcp.settimeout(DEADLINE_S)
        if small_buffers:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        tcp.connect(("127.0.0.1", router.port))
        with insecure().wrap_socket(tcp) as tls:
            client = Client(tls)
            token = router.create_token("room")
            client.call("joinRoom", token=token, session="room", platform="", metadata="", secret="", recorder=False)
            yield client


@contextmanager
def unfinished(router: RouterProcess) -> Iterator[None]:
    """Connections that stopped in the middle: of the TLS handshake, before a request, and in its headers."""
    with ExitStack() as opened:
        tls = [opened.enter_context(socket.create_connection(("127.0.0.1", router.port))) for _ in range(3)]
        tls[0].sendall(b"\x16\x03\x01\x02\x00\x01")
        for number in (1, 2):
            tls[number] = opened.enter_context(insecure().wrap_socket(tls[number]))
        tls[2].sendall(b"GET /openvidu HTTP/1.1\r\nUpgrade: webso")
        yield


@contextmanager
def crowd(router: RouterProcess) -> Iterator[tuple[Client, Client]]:
    """One client that reads, one that has stopped reading with much on its way to it, and the unfinished."""
    router.create_session(customSessionId="room")
    with unfinished(router), joined(router, small_buffers=True) as stuck, joined(router) as reader:
        for number in range(SIGNALS):
            signal_ = {"to": [], "type": "signal:fill", "data": f"{number} " + "x" * SIGNAL_CHARS}
            reader.call("sendMessage", message=json.dumps(signal_))
        yield reader, stuck


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_clients_are_told_and_nobody_holds_it_up(tmp_path: Path, number: int) -> None:
    with run_router(tmp_path) as router, crowd(router) as (reader, stuck):
        router.process.send_signal(number)
        told = reader.read_to_the_end()
        router.process.wait(STOP_S)
        assert told[-1]["method"] == "participantEvicted"
        assert told[-1]["params"]["reason"] == "openviduServerStopped"
        assert sum(message["method"] == "sendMessage" for message in stuck.read_to_the_end()) < SIGNALS


async def test_nothing_is_left_of_a_router_with_a_call_in_it(config: Config) -> None:
    with trio.fail_after(DEADLINE_S):
        await use(config)  # whatever is opened once for the whole process is open now
        before = held()
        assert all(during > least for during, least in zip(await use(config), before, strict=True))
        assert held() == before


async def use(config: Config) -> tuple[int, int, int]:
    async with open_router(config) as router, open_call(router):
        return held()


def held() -> tuple[int, int, int]:
    """Descriptors, threads at work (Trio keeps idle ones for a while), and tasks."""
    threads = [thread for thread in threading.enumerate() if not thread.name.startswith("Trio thread")]
    return len(os.listdir("/proc/self/fd")), len(threads), trio.lowlevel.current_statistics().tasks_living
