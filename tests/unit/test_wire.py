"""Bytes over real sockets of this machine, in the clear and over TLS."""

import ssl
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter import wire
from ovrouter.tls import ensure_certificate
from ovrouter.wire import Wire

PATIENCE_S = 20
MORE_THAN_KERNEL_TAKES = 20 * 1024 * 1024


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return ensure_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture(params=["tcp", "tls"])
def tls(request, certificate):
    """Contexts of server and client; None: in the clear."""
    if request.param == "tcp":
        return None, None
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate.certificate_path, certificate.key_path)
    client = ssl.create_default_context()
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    return server, client


@asynccontextmanager
async def connected(tls):
    """Our end and the peer's."""
    server_tls, client_tls = tls
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        peer = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
        ours = Wire(await listener.accept(), server_tls)
    if client_tls:
        peer = trio.SSLStream(peer, client_tls, https_compatible=True)
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours.handshake)
            if client_tls:
                nursery.start_soon(peer.do_handshake)
        try:
            yield ours, peer
        finally:
            ours.close()
            await trio.aclose_forcefully(peer)


async def received(peer, size):
    data = bytearray()
    while len(data) < size:
        data += await peer.receive_some()
    return data


async def test_bytes_go_both_ways_until_the_end(tls):
    async with connected(tls) as (ours, peer):
        await peer.send_all(b"ping")
        assert await ours.receive() == b"ping"
        assert ours.write(b"pong")
        assert not ours.has_unsent
        assert await peer.receive_some() == b"pong"
        await peer.aclose()
        assert await ours.receive() == b""


async def test_what_the_kernel_does_not_take_waits_and_keeps_its_order(tls):
    parts = [bytes([number]) * 1_000_000 for number in range(20)]
    async with connected(tls) as (ours, peer):
        for part in parts:
            is_all_gone = ours.write(part)
        assert not is_all_gone, "the peer reads nothing: some of it has to wait"
        assert ours.has_unsent
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours.drain)
            assert await received(peer, 20_000_000) == b"".join(parts)
        assert not ours.has_unsent


async def test_a_cancelled_drain_leaves_nothing_out(tls):
    async with connected(tls) as (ours, peer):
        ours.write(b"a" * MORE_THAN_KERNEL_TAKES)
        with trio.CancelScope() as scope:
            scope.cancel()
            await ours.drain()
        ours.write(b"b")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours.drain)
            assert await received(peer, MORE_THAN_KERNEL_TAKES + 1) == b"a" * MORE_THAN_KERNEL_TAKES + b"b"


async def test_a_peer_that_takes_nothing_is_lost(tls, monkeypatch):
    monkeypatch.setattr(wire, "SEND_TIMEOUT_S", 0.1)
    async with connected(tls) as (ours, _):
        with pytest.raises(trio.BrokenResourceError, match="takes nothing"):
            await ours.send_all(b"x" * MORE_THAN_KERNEL_TAKES)


async def test_close_wakes_who_waits(tls):
    async with connected(tls) as (ours, _):
        ours.write(b"x" * MORE_THAN_KERNEL_TAKES)

        async def wait(method):
            with pytest.raises(trio.ClosedResourceError):
                await method()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, ours.receive)
            nursery.start_soon(wait, ours.drain)
            await wait_all_tasks_blocked()
            ours.close()
        with pytest.raises(trio.BrokenResourceError):
            ours.write(b"more")
        with pytest.raises(trio.BrokenResourceError):
            await ours.receive()


async def test_close_says_goodbye(tls):
    async with connected(tls) as (ours, peer):
        ours.close()
        assert await peer.receive_some() == b""


async def test_a_peer_that_sends_without_a_pause_lets_others_run(tls):
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with connected(tls) as (ours, peer), trio.open_nursery() as nursery:
        nursery.start_soon(peer.send_all, b"x" * 200_000)
        nursery.start_soon(other)
        size, reads = 0, 0
        while size < 200_000:
            size += len(await ours.receive())
            reads += 1
        assert turns >= reads - 1
        nursery.cancel_scope.cancel()


async def test_junk_for_a_handshake_is_the_peers_fault(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate_path, certificate.key_path)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener, await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1]) as peer:
        ours = Wire(await listener.accept(), context)
        await peer.send_all(b"GET / HTTP/1.1\r\n\r\n")
        with trio.fail_after(PATIENCE_S), pytest.raises(trio.BrokenResourceError):
            await ours.handshake()
        ours.close()
