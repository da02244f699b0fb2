"""A peer against an ICE-lite DTLS server in the same program, over loopback."""

from __future__ import annotations

import pytest
import trio
from aioice import stun

from benchmarks.peer import Peer, PeerFailed
from benchmarks.sdp import RemoteDescription
from ovrouter.rtc.certificate import Certificate, make_certificate
from ovrouter.rtc.dtls import SRTP_PROFILES, DtlsConnection, DtlsState

PASSWORD = "router-password-of-32-characters"


class LiteServer:
    """Answers authenticated checks and does the server's half of DTLS."""

    def __init__(self, udp: trio.socket.SocketType, certificate: Certificate, peer: Peer) -> None:
        self.udp = udp
        self.peer = peer
        self.dtls = DtlsConnection(certificate, is_server=True, remote_fingerprint=peer.description.fingerprint)
        self.dtls.start(trio.current_time())

    async def run(self) -> None:
        while True:
            data, address = await self.udp.recvfrom(2048)
            if data[0] <= 3:
                await self.answer_check(data, address)
                continue
            self.dtls.receive_datagram(data, trio.current_time())
            for datagram in self.dtls.datagrams_to_send():
                await self.udp.sendto(datagram, address)

    async def answer_check(self, data: bytes, address: tuple[str, int]) -> None:
        request = stun.parse_message(data)
        assert request.check_message_integrity(PASSWORD.encode())
        assert request.attributes["USERNAME"] == f"router:{self.peer.description.ice_ufrag}"
        assert "USE-CANDIDATE" in request.attributes
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = address
        response.add_message_integrity(PASSWORD.encode())
        await self.udp.sendto(bytes(response), address)


async def connect(
    remote_fingerprint: str | None = None, offered: tuple[str, ...] = SRTP_PROFILES
) -> tuple[Peer, LiteServer]:
    certificate = make_certificate()
    peer = Peer("127.0.0.1", make_certificate(), offered)
    udp = trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM)
    await udp.bind(("127.0.0.1", 0))
    remote = RemoteDescription(
        ice_ufrag="router",
        ice_pwd=PASSWORD,
        fingerprint_algorithm="sha-256",
        fingerprint=remote_fingerprint or certificate.fingerprint,
        candidates=[udp.getsockname()],
    )
    server = LiteServer(udp, certificate, peer)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.run)
            await peer.connect(remote)
            nursery.cancel_scope.cancel()
    finally:
        udp.close()
        peer.close()
    return peer, server


async def test_both_ends_have_each_others_keys() -> None:
    peer, server = await connect()
    assert server.dtls.state is DtlsState.CONNECTED
    assert peer.srtp_profile == "SRTP_AEAD_AES_128_GCM"
    keys = server.dtls.keys
    packet = peer.outbound().protect(b"\x80\x60" + bytes(30))
    assert packet != b"\x80\x60" + bytes(30)
    mirrored = Peer("127.0.0.1", make_certificate())
    mirrored.close()
    mirrored._keys = keys
    assert mirrored.inbound().unprotect(packet) == b"\x80\x60" + bytes(30)


async def test_a_peer_gets_the_one_profile_it_offers() -> None:
    peer, _ = await connect(offered=("SRTP_AES128_CM_SHA1_80",))
    assert peer.srtp_profile == "SRTP_AES128_CM_SHA1_80"
    packet = peer.outbound().protect(b"\x80\x60" + bytes(30))
    assert len(packet) == 32 + 10


async def test_a_router_with_another_certificate_is_refused() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await connect(remote_fingerprint=":".join(["00"] * 32))
    assert caught.group_contains(PeerFailed, match="FAILED")


async def test_no_answer(autojump_clock: trio.testing.MockClock) -> None:
    peer = Peer("127.0.0.1", make_certificate())
    with pytest.raises(PeerFailed, match="no answer to ICE checks"):
        await peer.connect(RemoteDescription(ice_ufrag="a", ice_pwd="b", candidates=[]))
    peer.close()
