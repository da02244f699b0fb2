"""A client with its peer connection, as openvidu-browser sets it up (warm)."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import sdp
from benchmarks.client import Signaling, open_signaling
from benchmarks.load import Media
from benchmarks.peer import Peer
from ovrouter.rtc.certificate import Certificate

__all__ = ["Publisher", "Subscriber", "joined_publisher", "joined_subscriber"]


@dataclass(frozen=True, slots=True)
class Publisher:
    """A connected peer that may send."""

    peer: Peer
    stream_id: str
    video: Media
    audio: Media


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A connected peer that receives one stream."""

    peer: Peer
    video_type: int
    audio_type: int


@asynccontextmanager
async def joined_publisher(token: str, ip: str, certificate: Certificate) -> AsyncIterator[Publisher]:
    """Join with *token* and publish from address *ip*."""
    async with _client(token, ip, certificate) as (peer, signaling):
        await signaling.join()
        audio_ssrc, video_ssrc, rtx_ssrc = (secrets.randbits(31) + 1 for _ in range(3))
        offer = sdp.offer_to_publish(peer.description, audio_ssrc, video_ssrc, rtx_ssrc)
        stream_id, sdp_answer = await signaling.publish(offer)
        remote = sdp.parse(sdp_answer)
        await peer.connect(remote)
        yield Publisher(
            peer,
            stream_id,
            remote.media["video"].stream(video_ssrc, "vp8"),
            remote.media["audio"].stream(audio_ssrc, "opus"),
        )


@asynccontextmanager
async def joined_subscriber(token: str, ip: str, certificate: Certificate) -> AsyncIterator[Subscriber]:
    """Join with *token* and subscribe to the one stream in the session."""
    async with _client(token, ip, certificate) as (peer, signaling):
        [stream_id] = await signaling.join()
        remote = await _negotiate(signaling, peer, stream_id)
        await peer.connect(remote)
        yield Subscriber(peer, remote.media["video"].payload_types["vp8"], remote.media["audio"].payload_types["opus"])


async def _negotiate(signaling: Signaling, peer: Peer, stream_id: str) -> sdp.RemoteDescription:
    """Let the side offer that offers in the server's mode (mediasoup: the server, kurento: the client)."""
    if not signaling.mediasoup_mode:
        offer = sdp.offer_to_subscribe(peer.description)
        result = await signaling.call("receiveVideoFrom", sender=stream_id, sdpOffer=offer)
        return sdp.parse(result["sdpAnswer"])
    result = await signaling.call("prepareReceiveVideoFrom", sender=stream_id, reconnect=False)
    remote = sdp.parse(result["sdpOffer"])
    await signaling.call("receiveVideoFrom", sender=stream_id, sdpAnswer=sdp.answer(peer.description, remote))
    return remote


@asynccontextmanager
async def _client(token: str, ip: str, certificate: Certificate) -> AsyncIterator[tuple[Peer, Signaling]]:
    peer = Peer(ip, certificate)

    def trickled(method: str, params: dict[str, Any]) -> None:
        candidate = sdp.parse_candidate(params["candidate"]) if method == "iceCandidate" else None
        if candidate is not None:
            peer.add_candidate(candidate)

    try:
        async with open_signaling(token, trickled) as signaling:
            yield peer, signaling
    finally:
        peer.close()
