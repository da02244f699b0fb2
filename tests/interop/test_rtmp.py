"""What a real RTMP server receives of a composition is decoded and checked."""

import socket
import ssl
from contextlib import asynccontextmanager

import av
import numpy as np
import pytest
import trio

from ovrouter.compose.composition import open_composition
from ovrouter.compose.orders import Start
from ovrouter.compose.scene import ShownStream
from ovrouter.medianode import OpenUplink
from ovrouter.tls import ensure_certificate
from tests.interop.rtmp_server import rtmp_server
from tests.unit.compose.media import camera, loudness, microphone
from tests.unit.compose.taps import PlayingMediaNode

DEADLINE_S = 180
TONE_HZ = 440


@pytest.fixture
def port():
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@asynccontextmanager
async def composing(seconds=6, noise=0):
    """A composition of one stream with picture and tone, and what it reports."""
    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as nursery:
            media = PlayingMediaNode(nursery)
            media.streams["str_a"] = [
                *camera(seconds, lambda time: int(60 + 40 * (time % 3)), fps=5, noise=noise),
                *microphone(seconds, TONE_HZ),
            ]
            await media.open_uplink(OpenUplink("str_a", "ses", "con", "sdp"))
            async with open_composition(media, "composer") as composition:
                reports, composition.troubles = trio.open_memory_channel(100)
                composition.on_trouble = reports.send_nowait
                await composition.show([ShownStream("str_a", "Alice", False, True, ("audio", "video"))])
                yield composition
            nursery.cancel_scope.cancel()


def order(url):
    return Start(url=url, container="flv", width=320, height=180, frame_rate=10)


def assert_moves_and_sounds(path):
    with av.open(str(path)) as container:
        kinds = {stream.codec_context.name for stream in container.streams}
        frames = list(container.decode())
    assert kinds == {"h264", "aac"}
    levels = [frame.to_ndarray()[:90].mean() for frame in frames if isinstance(frame, av.VideoFrame)]
    assert max(levels) - min(levels) > 30
    sound = np.concatenate([frame.to_ndarray()[0] for frame in frames if isinstance(frame, av.AudioFrame)])
    # Of what came last before a stop, some was still on its way.
    assert loudness(sound[len(sound) // 3 : len(sound) * 2 // 3], TONE_HZ) == pytest.approx(0.3, abs=0.06)


async def test_a_server_receives_what_is_composed(tmp_path, port):
    async with rtmp_server(tmp_path, port) as server:
        async with composing() as composition:
            await composition.start(order(server.url))
            await server.received(80_000)
            await composition.stop()
        (path,) = server.files
        assert_moves_and_sounds(path)


async def pump(source, target, gate):
    try:
        async for chunk in source:
            await gate.wait()
            await target.send_all(chunk)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass


@asynccontextmanager
async def relay(listener, port, gate):
    """Pass what comes to *listener* on to the server, while *gate* is open."""

    async def serve(outside):
        async with outside, await trio.open_tcp_stream("127.0.0.1", port) as inside, trio.open_nursery() as nursery:
            nursery.start_soon(pump, inside, outside, gate)
            await pump(outside, inside, gate)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield
        nursery.cancel_scope.cancel()


class Gate:
    """Something that can be shut."""

    def __init__(self):
        self._opened = trio.Event()
        self._opened.set()

    def shut(self):
        self._opened = trio.Event()

    def open(self):
        self._opened.set()

    async def wait(self):
        await self._opened.wait()


async def test_a_stream_goes_through_tls(tmp_path, port):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    files = ensure_certificate(tmp_path, "127.0.0.1")
    context.load_cert_chain(files.certificate_path, files.key_path)
    (listener,) = await trio.open_ssl_over_tcp_listeners(0, context, host="127.0.0.1", https_compatible=True)
    tls_port = listener.transport_listener.socket.getsockname()[1]
    async with rtmp_server(tmp_path, port) as server, relay(listener, port, Gate()):
        async with composing() as composition:
            await composition.start(order(f"rtmps://127.0.0.1:{tls_port}/live/key"))
            await server.received(60_000)
            await composition.stop()
        assert_moves_and_sounds(server.files[-1])


async def test_a_server_that_dies_is_told_and_found_again(tmp_path, port):
    async with composing() as composition:
        async with rtmp_server(tmp_path, port) as server:
            await composition.start(order(server.url))
            await server.received(30_000)
        assert await composition.troubles.receive()
        assert "refused" in await composition.troubles.receive()
        (tmp_path / "again").mkdir()
        async with rtmp_server(tmp_path / "again", port) as server:
            await server.received(60_000)
            await composition.stop()
            assert_moves_and_sounds(server.files[-1])


async def test_a_server_that_reads_no_more_is_told_and_left_for_a_new_connection(tmp_path, port):
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    # The kernel must not take for the server what the server does not read.
    listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow_port = listener.socket.getsockname()[1]
    gate = Gate()
    async with rtmp_server(tmp_path, port) as server, relay(listener, port, gate), composing(noise=60) as composition:
        await composition.start(order(f"rtmp://127.0.0.1:{slow_port}/live/key"))
        await server.received(20_000)
        gate.shut()
        assert await composition.troubles.receive()
        gate.open()
        await server.received(40_000, files=2)
        await composition.stop()
        assert_moves_and_sounds(server.files[-1])
