"""Any running server that speaks OpenVidu 2: ovrouter, or OpenVidu itself (warm)."""

from __future__ import annotations

import functools
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from benchmarks import sdp
from benchmarks.peer import Peer
from benchmarks.routers.contract import Publisher, RouterKind, Subscriber
from benchmarks.routers.openvidu_client import OpenViduRest, Signaling, open_rest, open_signaling

__all__ = ["OpenViduRouter", "running_openvidu"]


@dataclass(frozen=True, slots=True)
class OpenViduRouter:
    """A running server."""

    url: str
    secret: str
    pid: int | None

    @property
    def ip(self) -> str:
        """The address from which this machine reaches the server."""
        parts = urlsplit(self.url)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((parts.hostname or "", parts.port or 443))
            return str(probe.getsockname()[0])

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[OpenViduSession]:
        """Create a session for the length of the block."""
        async with open_rest(self.url, self.secret) as rest:
            session = await rest.create_session()
            yield OpenViduSession(rest, session)
            await rest.close_session(session)


@dataclass(frozen=True, slots=True)
class OpenViduSession:
    """A session, joined with one token per member."""

    rest: OpenViduRest
    session_id: str
    is_recorded: bool = False
    """Whether recordings have its members. Their cameras are said to be off then: nobody can show such pictures, and
    who tries asks for key frames all the time."""

    @asynccontextmanager
    async def join(self, *, publishes: bool) -> AsyncIterator[OpenViduMember]:
        """Join over a WebSocket of the member's own."""
        role = "PUBLISHER" if publishes else "SUBSCRIBER"
        token = await self.rest.create_token(self.session_id, role, is_recorded=self.is_recorded)
        peers: dict[str, Peer] = {}

        def trickled(method: str, params: dict[str, Any]) -> None:
            candidate = sdp.parse_candidate(params["candidate"]) if method == "iceCandidate" else None
            if candidate is not None and params["senderConnectionId"] in peers:
                peers[params["senderConnectionId"]].add_candidate(candidate)

        async with open_signaling(token, trickled) as signaling:
            await signaling.join()
            yield OpenViduMember(signaling, peers, is_camera_on=not self.is_recorded)


@dataclass(frozen=True, slots=True)
class OpenViduMember:
    """A joined client; its peers are known by the connection whose stream they carry."""

    signaling: Signaling
    peers: dict[str, Peer]
    is_camera_on: bool

    async def publish(self, peer: Peer) -> Publisher:
        """Publish a camera."""
        owner = self.signaling.connection_id
        self.peers[owner] = peer
        audio_ssrc, video_ssrc, rtx_ssrc = (secrets.randbits(31) + 1 for _ in range(3))
        offer = sdp.offer_to_publish(peer.description, audio_ssrc, video_ssrc, rtx_ssrc)
        stream_id, sdp_answer = await self.signaling.publish(offer, is_camera_on=self.is_camera_on)
        remote = sdp.parse(sdp_answer)
        await peer.connect(remote)
        return Publisher(peer, stream_id, owner, *remote.streams(video_ssrc, audio_ssrc))

    async def subscribe(self, peer: Peer, publisher: Publisher) -> Subscriber:
        """Subscribe to the member's camera."""
        self.peers[publisher.owner] = peer
        remote = await self._negotiate(peer, publisher.stream_id)
        await peer.connect(remote)
        return Subscriber(peer, *remote.payload_types())

    async def _negotiate(self, peer: Peer, stream_id: str) -> sdp.RemoteDescription:
        """Let the side offer that offers in the server's mode (mediasoup: the server, kurento: the client)."""
        call = self.signaling.call
        if not self.signaling.mediasoup_mode:
            offer = sdp.offer_to_subscribe(peer.description)
            result = await call("receiveVideoFrom", sender=stream_id, sdpOffer=offer)
            return sdp.parse(result["sdpAnswer"])
        result = await call("prepareReceiveVideoFrom", sender=stream_id, reconnect=False)
        remote = sdp.parse(result["sdpOffer"])
        await call("receiveVideoFrom", sender=stream_id, sdpAnswer=sdp.answer(peer.description, remote))
        return remote


def running_openvidu(url: str, secret: str, pid: int | None) -> RouterKind:
    """Return the server that runs at *url*; nothing is started or stopped."""
    return RouterKind(url, functools.partial(_as_it_runs, OpenViduRouter(url, secret, pid)))


@asynccontextmanager
async def _as_it_runs(router: OpenViduRouter, _core: int) -> AsyncIterator[OpenViduRouter]:
    yield router
