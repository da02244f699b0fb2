"""One WebRTC peer: ICE, DTLS and SRTP on its own UDP socket (warm)."""

from __future__ import annotations

import trio
from pylibsrtp import Policy, Session

from benchmarks import srtp
from benchmarks.ice import IceAgent
from benchmarks.peer_socket import open_socket
from benchmarks.sdp import LocalDescription, RemoteDescription
from ovrouter.rtc.certificate import Certificate
from ovrouter.rtc.dtls import SRTP_PROFILES, DtlsConnection, DtlsState, SrtpKeys
from ovrouter.rtc.ice import ice_pwd, ice_ufrag

__all__ = ["Peer", "PeerFailed"]

CONNECT_TIMEOUT_S = 10.0
CHECK_INTERVAL_S = 0.05
"""As Chromium paces its checks; an answer on loopback takes far less."""

_PROFILES = {
    "SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
_MAX_DATAGRAM_BYTES = 2048


class PeerFailed(Exception):
    """The router could not be reached or the handshake failed."""


class Peer:
    """A peer that is always the ICE controlling side and the DTLS client, as openvidu-browser's are.

    *srtp_profiles* are those it offers; the router chooses.
    """

    def __init__(self, ip: str, certificate: Certificate, srtp_profiles: tuple[str, ...] = SRTP_PROFILES) -> None:
        self.socket = open_socket(ip)
        self.ice = IceAgent(ice_ufrag(), ice_pwd())
        self.description = LocalDescription(
            self.ice.ufrag, self.ice.pwd, certificate.fingerprint, self.socket.getsockname()
        )
        self.srtp_profile = ""
        self._certificate = certificate
        self._srtp_profiles = srtp_profiles
        self._keys: SrtpKeys | None = None
        self._late_candidates: list[tuple[str, int]] = []

    def close(self) -> None:
        """Free the socket."""
        self.socket.close()

    def add_candidate(self, candidate: tuple[str, int]) -> None:
        """Take a candidate that the router trickles after its description."""
        self._late_candidates.append(candidate)

    async def connect(self, remote: RemoteDescription) -> None:
        """Do the ICE checks and the DTLS handshake. Raises PeerFailed."""
        self.ice.set_remote(remote.ice_ufrag, remote.ice_pwd)
        udp = trio.socket.from_stdlib_socket(self.socket.dup())
        try:
            with trio.fail_after(CONNECT_TIMEOUT_S):
                await self._nominate(udp, remote.candidates)
                await self._handshake(udp, remote)
        except trio.TooSlowError:
            raise PeerFailed("no answer to ICE checks" if self.ice.nominated is None else "no DTLS answer") from None
        finally:
            udp.close()

    def outbound(self) -> Session:
        """Return a new SRTP session with the keys of this side; one for each thread that uses it."""
        keys = self._connected_keys()
        return srtp.outbound(_PROFILES[keys.profile], keys.local_key + keys.local_salt)

    def inbound(self) -> Session:
        """Return a new SRTP session with the keys of the router."""
        keys = self._connected_keys()
        return srtp.inbound(_PROFILES[keys.profile], keys.remote_key + keys.remote_salt)

    def _connected_keys(self) -> SrtpKeys:
        if self._keys is None:
            raise PeerFailed("the peer has not connected")
        return self._keys

    async def _nominate(self, udp: trio.socket.SocketType, candidates: list[tuple[str, int]]) -> None:
        while self.ice.nominated is None:
            for candidate in candidates + self._late_candidates:
                await udp.sendto(self.ice.binding_request(), candidate)
            with trio.move_on_after(CHECK_INTERVAL_S):
                while self.ice.nominated is None:
                    await self._receive_stun(udp)
        await udp.connect(self.ice.nominated)

    async def _receive_stun(self, udp: trio.socket.SocketType) -> bytes | None:
        """Take one datagram; returns it if it is not STUN (RFC 7983)."""
        data, address = await udp.recvfrom(_MAX_DATAGRAM_BYTES)
        if not data or data[0] > 3:
            return data
        response = self.ice.receive(data, address)
        if response is not None:
            await udp.sendto(response, address)
        return None

    async def _handshake(self, udp: trio.socket.SocketType, remote: RemoteDescription) -> None:
        dtls = DtlsConnection(
            self._certificate,
            is_server=False,
            remote_fingerprint=remote.fingerprint,
            fingerprint_algorithm=remote.fingerprint_algorithm,
            srtp_profiles=self._srtp_profiles,
        )
        dtls.start(trio.current_time())
        while dtls.state is DtlsState.HANDSHAKING:
            for datagram in dtls.datagrams_to_send():
                await udp.send(datagram)
            await self._step(udp, dtls)
        for datagram in dtls.datagrams_to_send():
            await udp.send(datagram)
        if dtls.state is not DtlsState.CONNECTED or dtls.keys is None:
            raise PeerFailed(f"the DTLS handshake ended as {dtls.state.name}")
        self._keys = dtls.keys
        self.srtp_profile = dtls.keys.profile

    async def _step(self, udp: trio.socket.SocketType, dtls: DtlsConnection) -> None:
        timer = dtls.get_timer()
        with trio.move_on_at(float("inf") if timer is None else timer) as expiry:
            data = await self._receive_stun(udp)
            if data and 20 <= data[0] <= 63:
                dtls.receive_datagram(data, trio.current_time())
        if expiry.cancelled_caught:
            dtls.handle_timer(trio.current_time())
