"""The HTTPS server over real sockets: what it serves, and what it survives."""

import errno
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter import http, http_connection, isolate, tls, wire
from ovrouter.config import Config
from ovrouter.data_files import replace_private
from ovrouter.http import serve_http
from ovrouter.tls import ensure_certificate
from ovrouter.websocket import MAX_MESSAGE_CHARS, close_frame, text_frame

PATIENCE_S = 20
UPGRADE = (
    b"GET /openvidu HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Cookie: a=b\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class App:
    """An ASGI application whose paths name what they do."""

    def __init__(self) -> None:
        self.scopes = []
        self.received = []
        self.disconnected = trio.Event()
        self.entered = trio.Event()
        self.release = trio.Event()
        self.lifespan = []

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.scopes.append(scope)
        self.entered.set()
        match scope["path"]:
            case "/fail":
                raise ValueError("the handler is broken")
            case "/wait":
                await self.release.wait()
            case "/never":
                await trio.sleep_forever()
        body = b"x" * 20_000_000 if scope["path"] == "/large" else b"hello"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive, send):
        for _ in range(2):
            event = (await receive())["type"]
            self.lifespan.append(event)
            await send({"type": f"{event}.complete"})

    async def echo(self, websocket):
        self.entered.set()
        if b"fail" in websocket.headers[b"cookie"]:
            raise ValueError("the handler is broken")
        await websocket.accept()
        try:
            while (text := await websocket.receive()) is not None:
                self.received.append(text)
                if not websocket.write(text_frame(text)):
                    await websocket.drain()
        finally:
            self.disconnected.set()


class Server:
    def __init__(self, app, port, shutdown, nursery) -> None:
        self.app, self.port, self.shutdown, self.nursery = app, port, shutdown, nursery

    async def tcp(self) -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def connect(self, alpn=("http/1.1",)) -> trio.SSLStream:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(list(alpn))
        stream = trio.SSLStream(await self.tcp(), context, https_compatible=True)
        await stream.do_handshake()
        return stream

    async def ask(self, request: bytes = GET) -> bytes:
        """What comes back for *request* on a connection of its own, until the server closes or answers hello."""
        async with await self.connect() as stream:
            await stream.send_all(request)
            return await read_until(stream, b"hello")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return ensure_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@asynccontextmanager
async def serving(certificate, app=None, **settings) -> AsyncIterator[Server]:
    app = app or App()
    config = Config(**{"https_port": 0, "ovrouter_listen_ip": "127.0.0.1"} | settings)
    shutdown = trio.Event()
    with trio.fail_after(4 * PATIENCE_S):
        async with trio.open_nursery() as nursery:
            serve = partial(serve_http, app, {"/openvidu": app.echo}, config, certificate, shutdown=shutdown)
            ((_, port),) = await nursery.start(serve)
            yield Server(app, port, shutdown, nursery)
            app.release.set()
            shutdown.set()


async def test_new_connections_get_a_renewed_certificate(tmp_path, monkeypatch):
    monkeypatch.setattr(tls, "RENEWAL_CHECK_S", 0.01)
    files = ensure_certificate(tmp_path, "localhost")
    async with serving(files) as server, await server.connect() as before:
        replace_private(files.certificate_path, ensure_certificate(tmp_path / "new", "localhost").key_path.read_bytes())
        old = before.getpeercert(binary_form=True)
        while True:
            async with await server.connect() as now:
                if now.getpeercert(binary_form=True) != old:
                    break
        await before.send_all(GET)
        assert b"hello" in await read_until(before, b"hello")


async def read_until(stream, mark: bytes) -> bytes:
    """Everything up to *mark* or the end of the connection."""
    data = b""
    with trio.fail_after(PATIENCE_S):
        while mark not in data:
            try:
                chunk = await stream.receive_some(65536)
            except trio.BrokenResourceError:
                break
            if not chunk:
                break
            data += chunk
    return data


async def read_to_end(stream) -> bytes:
    return await read_until(stream, b"\0never\0")


def frame(text: str) -> bytes:
    """A masked WebSocket text frame (mask zero)."""
    payload = text.encode()
    if len(payload) < 126:
        head = struct.pack("!BB", 0x81, 0x80 | len(payload))
    elif len(payload) < 65536:
        head = struct.pack("!BBH", 0x81, 0x80 | 126, len(payload))
    else:
        head = struct.pack("!BBQ", 0x81, 0x80 | 127, len(payload))
    return head + bytes(4) + payload


async def upgraded(server) -> trio.SSLStream:
    stream = await server.connect()
    await stream.send_all(UPGRADE)
    assert b"101" in await read_until(stream, b"\r\n\r\n")
    return stream


async def test_answers_over_tls(certificate):
    async with serving(certificate) as server:
        assert (await server.ask()).startswith(b"HTTP/1.1 200")


async def test_speaks_http_1_1_only(certificate):
    async with serving(certificate) as server, await server.connect(alpn=("h2", "http/1.1")) as stream:
        assert stream.selected_alpn_protocol() == "http/1.1"


async def test_keeps_the_connection_for_the_next_request(certificate):
    async with serving(certificate) as server, await server.connect() as stream:
        for _ in range(3):
            await stream.send_all(GET)
            assert b"hello" in await read_until(stream, b"hello")


async def test_application_lives_from_startup_to_shutdown(certificate):
    async with serving(certificate) as server:
        assert server.app.lifespan == ["lifespan.startup"]
    assert server.app.lifespan == ["lifespan.startup", "lifespan.shutdown"]


async def test_websocket_goes_to_the_application_of_its_path(certificate):
    async with serving(certificate) as server, await upgraded(server) as stream:
        await stream.send_all(frame("over there"))
        assert (await read_until(stream, b"over there")).endswith(b"over there")


async def test_websockets_are_not_compressed(certificate):
    offer = UPGRADE.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
    async with serving(certificate) as server, await server.connect() as stream:
        await stream.send_all(offer)
        answer = await read_until(stream, b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"permessage-deflate" not in answer


async def test_other_websockets_are_refused(certificate):
    async with serving(certificate) as server:
        answer = await server.ask(UPGRADE.replace(b"/openvidu", b"/elsewhere"))
    assert answer.startswith(b"HTTP/1.1 403")


async def test_dual_stack_shows_ipv4_peers_as_ipv4(certificate):
    async with serving(certificate, ovrouter_listen_ip="::") as server:
        await server.ask()
        assert server.app.scopes[0]["client"][0] == "127.0.0.1"


async def test_port_in_use_is_said_clearly(certificate):
    async with serving(certificate) as server:
        config = Config(https_port=server.port, ovrouter_listen_ip="127.0.0.1")
        with pytest.raises(OSError, match=r"in use.*HTTPS_PORT") as caught:
            await serve_http(App(), {}, config, certificate, shutdown=trio.Event())
        assert caught.value.errno == errno.EADDRINUSE


async def test_foreign_listen_address_is_said_clearly(certificate):
    config = Config(https_port=0, ovrouter_listen_ip="192.0.2.1")
    with pytest.raises(OSError, match="OVROUTER_LISTEN_IP"):
        await serve_http(App(), {}, config, certificate, shutdown=trio.Event())


async def test_byte_after_upgrade_request_ends_only_its_connection(certificate):
    async with serving(certificate) as server, await upgraded(server) as neighbour:
        for _ in range(20):
            async with await server.connect() as attacker:
                await attacker.send_all(UPGRADE + b"\0")
                await read_to_end(attacker)
        await neighbour.send_all(frame("still here"))
        assert (await read_until(neighbour, b"still here")).endswith(b"still here")


@pytest.mark.parametrize(
    "junk",
    [
        b"\0" * 100,
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        UPGRADE.replace(b"Version: 13", b"Version: 1"),
        UPGRADE.replace(b"Sec-WebSocket-Key", b"X-Key"),
        UPGRADE + b"\xff" * 50,
        GET + GET + b"rubbish",
    ],
)
async def test_junk_ends_only_its_connection(certificate, junk, monkeypatch):
    monkeypatch.setattr(http_connection, "KEEP_ALIVE_S", 0.2)
    isolate.failure_counts.clear()
    async with serving(certificate) as server, await upgraded(server) as neighbour:
        async with await server.connect() as stream:
            await stream.send_all(junk)
            await read_to_end(stream)
        await neighbour.send_all(frame("still here"))
        assert (await read_until(neighbour, b"still here")).endswith(b"still here")
    assert not isolate.failure_counts, "what a peer does wrong is no failure of ours"


async def test_plain_http_to_the_tls_port_is_dropped(certificate):
    async with serving(certificate) as server:
        async with await server.tcp() as stream:
            await stream.send_all(GET)
            assert b"200" not in await read_to_end(stream)
        assert b"hello" in await server.ask()


async def test_missing_tls_hello_is_not_waited_for(certificate, monkeypatch):
    monkeypatch.setattr(http_connection, "HANDSHAKE_TIMEOUT_S", 0.1)
    async with serving(certificate) as server, await server.tcp() as stream:
        assert await read_to_end(stream) == b""


async def test_trickled_head_is_not_waited_for(certificate, monkeypatch):
    monkeypatch.setattr(http_connection, "KEEP_ALIVE_S", 0.3)
    async with serving(certificate) as server, await server.connect() as stream:
        closed = trio.Event()

        async def trickle():
            with suppress(trio.BrokenResourceError):
                while not closed.is_set():
                    await stream.send_all(b"X")
                    await wait_all_tasks_blocked(0.02)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(trickle)
            assert b"200" not in await read_to_end(stream)
            closed.set()


async def test_a_body_that_nobody_waits_for_ends_with_the_answer(certificate):
    async with serving(certificate) as server, await server.connect() as stream:
        await stream.send_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslowly")
        assert b"hello" in await read_to_end(stream)


async def test_reset_ends_only_its_connection(certificate):
    async with serving(certificate) as server:
        async with await server.tcp() as before_handshake:
            reset(before_handshake.socket)
        stream = await upgraded(server)
        reset(stream.transport_stream.socket)
        await stream.transport_stream.aclose()
        with trio.fail_after(PATIENCE_S):
            await server.app.disconnected.wait()
        assert b"hello" in await server.ask()


def reset(sock) -> None:
    """Let the close that follows send a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("order", [(b"Content-Length: 5", b"Transfer-Encoding: chunked")])
async def test_two_lengths_are_refused_and_the_connection_closed(certificate, order):
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    for first, second in (order, order[::-1]):
        async with serving(certificate) as server, await server.connect() as stream:
            head = b"POST / HTTP/1.1\r\nHost: x\r\n" + first + b"\r\n" + second + b"\r\n\r\n"
            await stream.send_all(head + b"0\r\n\r\n" + smuggled)
            answer = await read_to_end(stream)
            assert answer.startswith(b"HTTP/1.1 400")
            assert answer.count(b"HTTP/1.1") == 1
            assert server.app.scopes == []


async def test_oversized_head_is_refused(certificate):
    async with serving(certificate) as server:
        answer = await server.ask(b"GET / HTTP/1.1\r\nX: " + b"x" * (http.MAX_HEAD_BYTES + 20_000))
    assert answer.startswith(b"HTTP/1.1 431")


async def test_oversized_websocket_message_closes_with_1009(certificate):
    async with serving(certificate) as server, await upgraded(server) as stream:

        async def flood():
            with suppress(trio.BrokenResourceError):
                await stream.send_all(frame("x" * (MAX_MESSAGE_CHARS * 30)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(flood)
            assert close_frame(1009, "Message too big") in await read_to_end(stream)
            nursery.cancel_scope.cancel()
        assert server.app.received == []


async def test_longest_websocket_message_is_taken(certificate):
    text = "x" * MAX_MESSAGE_CHARS
    async with serving(certificate) as server, await upgraded(server) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, frame(text))
        assert text.encode() in await read_until(stream, text.encode())


async def test_failing_application_is_answered_500_and_counted(certificate, caplog):
    isolate.failure_counts.clear()
    async with serving(certificate) as server, await upgraded(server) as neighbour:
        answer = await server.ask(b"GET /fail?token=tok_secret HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 500")
        answer = await server.ask(UPGRADE.replace(b"a=b", b"fail"))
        assert answer.startswith(b"HTTP/1.1 500")
        await neighbour.send_all(frame("still here"))
        assert (await read_until(neighbour, b"still here")).endswith(b"still here")
    assert isolate.failure_counts == {"http request": 1, "websocket": 1}
    assert "tok_secret" not in caplog.text


async def test_failure_in_the_connection_itself_is_isolated(certificate, monkeypatch):
    def fail_once(name):
        if name == "http connection":
            monkeypatch.setattr(isolate, "fault_injection", None)
            raise RuntimeError("injected")

    isolate.failure_counts.clear()
    async with serving(certificate) as server, await upgraded(server) as neighbour:
        monkeypatch.setattr(isolate, "fault_injection", fail_once)
        async with await server.tcp() as stream:
            assert await read_to_end(stream) == b""
        await neighbour.send_all(frame("still here"))
        assert (await read_until(neighbour, b"still here")).endswith(b"still here")
    assert isolate.failure_counts == {"http connection": 1}


async def test_bytes_before_the_answer_to_a_handshake_spoil_it(certificate):
    async with serving(certificate) as server:
        answer = await server.ask(UPGRADE + b"\0")
    assert answer.startswith(b"HTTP/1.1 400")
    assert not server.app.entered.is_set()


async def test_slow_reader_of_a_websocket_gets_all_in_order(certificate):
    texts = [f"{number:06}" + "x" * 100_000 for number in range(100)]
    async with serving(certificate) as server, await upgraded(server) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, b"".join(map(frame, texts)))
        await wait_all_tasks_blocked(0.1)
        received = await read_until(stream, b"000099" + b"x" * 100_000)
    assert received == b"".join(map(text_frame, texts))


async def test_peer_that_reads_nothing_is_dropped(certificate, monkeypatch):
    monkeypatch.setattr(wire, "SEND_TIMEOUT_S", 0.2)
    async with serving(certificate) as server, await server.connect() as stream:
        await stream.send_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        with trio.fail_after(PATIENCE_S):
            await server.app.entered.wait()
            while await all_connections(server):
                await wait_all_tasks_blocked(0.05)


async def all_connections(server) -> list:
    """The server's side of established connections."""
    lines = (await trio.Path("/proc/net/tcp").read_text()).splitlines()[1:]
    local = f":{server.port:04X}"
    return [line for line in lines if line.split()[1].endswith(local) and line.split()[3] == "01"]


async def test_connections_are_capped(certificate, monkeypatch):
    monkeypatch.setattr(http, "MAX_CONNECTIONS", 1)
    async with serving(certificate) as server, await upgraded(server), await server.tcp() as stream:
        assert await read_to_end(stream) == b""


async def test_shutdown_lets_a_request_finish_and_ends_the_rest(certificate):
    async with serving(certificate) as server:
        idle, websocket = await server.connect(), await upgraded(server)
        async with await server.connect() as busy:
            server.app.entered = trio.Event()
            await busy.send_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
            await server.app.entered.wait()
            server.shutdown.set()
            with trio.fail_after(PATIENCE_S):
                await server.app.disconnected.wait()
            assert await read_to_end(idle) == b""
            server.app.release.set()
            assert b"hello" in await read_until(busy, b"hello")
            await idle.aclose()
            await websocket.aclose()


async def test_shutdown_does_not_wait_for_the_stuck_and_the_deaf(certificate, monkeypatch):
    monkeypatch.setattr(http, "SHUTDOWN_GRACE_S", 0.2)
    app = App()
    with trio.fail_after(PATIENCE_S):
        async with serving(certificate, app) as server:
            stuck, deaf = await server.connect(), await server.connect()
            await stuck.send_all(b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n")
            await app.entered.wait()
            await deaf.send_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            await deaf.receive_some(10)
            server.shutdown.set()
    await trio.aclose_forcefully(stuck)
    await trio.aclose_forcefully(deaf)


async def test_cancellation_does_not_wait_for_the_deaf(certificate):
    with trio.fail_after(PATIENCE_S):
        async with serving(certificate) as server:
            deaf = await server.connect()
            await deaf.send_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            await deaf.receive_some(10)
            server.nursery.cancel_scope.cancel()
    await trio.aclose_forcefully(deaf)
