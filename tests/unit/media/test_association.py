"""One link's ICE and DTLS on a real worker: how it comes up, how it ends, and that nothing is held afterwards."""

import re
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from aioice import stun

from ovrouter.media.addresses import MediaAddress, open_sockets
from ovrouter.media.association import Association
from ovrouter.media.plane import MediaPlane
from ovrouter.media.worker import MediaWorker
from ovrouter.medianode import LinkDown, LinkUp
from ovrouter.rtc.certificate import make_certificate
from ovrouter.rtc.dtls import HANDSHAKE_TIMEOUT_S, DtlsConnection, DtlsState
from ovrouter.rtc.plan import RemoteTransport
from tests.unit.media.test_plane import OFFER, counts, running_plane, uplink

MINE = make_certificate()
ANY_FINGERPRINT = ":".join(["AB"] * 32)


def offer(setup, fingerprint=MINE.fingerprint):
    described = re.sub(r"a=fingerprint:sha-256 \S+", f"a=fingerprint:sha-256 {fingerprint}", OFFER)
    return described.replace("a=setup:actpass", f"a=setup:{setup}")


def value_of(sdp, name):
    return re.search(rf"^a={name}:(\S+(?: \S+)?)\r?$", sdp, re.MULTILINE)[1]


class Peer:
    """The client's end: one authenticated check, then DTLS."""

    def __init__(self, socket, answer, *, is_server):
        self.socket = socket
        self.answer = answer
        fingerprint = value_of(answer, "fingerprint").split()[1]
        self.dtls = DtlsConnection(MINE, is_server=is_server, remote_fingerprint=fingerprint)
        self.connected = trio.Event()

    async def check(self):
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{value_of(self.answer, 'ice-ufrag')}:mine"
        message.attributes["PRIORITY"] = 1
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(value_of(self.answer, "ice-pwd").encode())
        await self.socket.send(bytes(message))

    async def run(self):
        """Check, then talk DTLS until cancelled."""
        await self.check()
        self.dtls.start(trio.current_time())
        while True:
            for datagram in self.dtls.datagrams_to_send():
                await self.socket.send(datagram)
            data = await self.socket.recv(2000)
            if data[0] >= 20:
                self.dtls.receive_datagram(data, trio.current_time())
            if self.dtls.state is DtlsState.CONNECTED:
                self.connected.set()


@asynccontextmanager
async def talking_peer(plane, sdp_offer, *, is_server):
    answer = (await plane.open_uplink(uplink(offer=sdp_offer))).sdp_answer
    with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as socket:
        await socket.connect(plane.workers[0].candidates[0])
        peer = Peer(socket, answer, is_server=is_server)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(peer.run)
            yield peer
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize(("setup", "is_server"), [("actpass", False), ("passive", True)])
async def test_either_end_may_begin_the_handshake(setup, is_server):
    async with running_plane() as plane, talking_peer(plane, offer(setup), is_server=is_server) as peer:
        events = aiter(plane.events())
        assert await anext(events) == LinkUp("up")
        assert counts(plane)[0] == 1
        await peer.connected.wait()
        await plane.close_link("up")
        assert counts(plane)[0] == 0


@pytest.mark.parametrize(("setup", "is_server"), [("actpass", False), ("passive", True)])
async def test_a_certificate_that_was_not_announced_holds_nothing(setup, is_server):
    announced = offer(setup, fingerprint=ANY_FINGERPRINT)
    async with running_plane() as plane, talking_peer(plane, announced, is_server=is_server):
        assert await anext(aiter(plane.events())) == LinkDown("up", "handshake-failed")
        await trio.testing.wait_all_tasks_blocked()
        assert counts(plane)[0] == 0


@pytest.mark.parametrize("setup", ["actpass", "passive"])
async def test_a_handshake_that_never_finishes_holds_nothing(setup, autojump_clock):
    async with idle_plane() as plane:
        await plane.open_uplink(uplink(offer=offer(setup)))
        began_s = trio.current_time()
        assert await anext(aiter(plane.events())) == LinkDown("up", "handshake-timeout")
        assert trio.current_time() - began_s == pytest.approx(HANDSHAKE_TIMEOUT_S)
        await trio.testing.wait_all_tasks_blocked()
        assert counts(plane)[0] == 0


async def test_a_link_closed_before_its_task_began_ends_quietly(caplog):
    async with running_plane() as plane:
        await plane.open_uplink(uplink(offer=offer("passive")))
        await plane.close_link("up")
        await trio.testing.wait_all_tasks_blocked()
        assert counts(plane) == (0, 0, 0)
    assert caplog.records == []


async def test_a_link_closed_when_a_datagram_comes_ends_quietly():
    async with idle_plane() as plane, trio.open_nursery() as nursery:
        association = Association(plane.workers[0], make_certificate())
        remote = RemoteTransport("u", "p", "sha-256", MINE.fingerprint, is_dtls_client=True)
        client = DtlsConnection(MINE, is_server=False, remote_fingerprint=ANY_FINGERPRINT)
        client.start(trio.current_time())
        ended = []
        nursery.start_soon(association.run, remote, lambda: ended.append("up"), ended.append)
        await trio.testing.wait_all_tasks_blocked()
        for datagram in client.datagrams_to_send():
            association.on_datagram(datagram)
        association.close()
        association.close()
    assert ended == []
    assert association.worker.transport_count == 0


@asynccontextmanager
async def idle_plane():
    """A plane whose worker has no thread, for virtual time: a clock that jumps does not wait for threads."""
    addresses = (MediaAddress("127.0.0.1", "127.0.0.1"),)
    sockets = open_sockets(addresses, 0)
    worker = MediaWorker(sockets, addresses)
    try:
        async with trio.open_nursery() as nursery:
            yield MediaPlane(nursery, (worker,))
            nursery.cancel_scope.cancel()
    finally:
        worker.fastpath.close()
        for socket in sockets:
            socket.close()
