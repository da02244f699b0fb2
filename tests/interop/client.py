"""An OpenVidu client made of aiortc: joins, publishes and subscribes over the client WebSocket."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from aiortc import RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.client import connect

__all__ = ["Client"]

ANSWER_TIMEOUT_S = 10


def insecure() -> ssl.SSLContext:
    """Accepts the router's self-signed certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One participant; an async context manager that is inside its Session."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._ids = itertools.count()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.links: list[RTCPeerConnection] = []
        self.notifications: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        parts = urlsplit(self._token)
        session = parse_qs(parts.query)["sessionId"][0]
        self._socket = await connect(f"wss://{parts.netloc}/openvidu?sessionId={session}", ssl=insecure())
        self._reader = asyncio.create_task(self._read())
        try:
            await self.call("ping", interval=5000)
            self.joined = await self.call(
                "joinRoom",
                token=self._token,
                session=session,
                platform="aiortc",
                metadata="",
                secret="",
                recorder=False,
            )
        except AssertionError:
            await self.abandon()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.call("leaveRoom")
        await self.abandon()

    async def abandon(self) -> None:
        """Close everything without leaving first."""
        for link in self.links:
            await link.close()
        await self._socket.close()
        await self._reader

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One RPC; an error answer is an AssertionError."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        await self._socket.send(json.dumps(request))
        message = await asyncio.wait_for(answer, ANSWER_TIMEOUT_S)
        assert "result" in message, message
        return message["result"]

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            else:
                self.notifications.put_nowait(message)

    # -------------------------------------------------------------------------------------------------- publishing

    async def publish(self, *tracks: Any) -> str:
        """Publish *tracks*; the id of the stream."""
        link, offer = await self._offer_of(*tracks)
        kinds = {track.kind for track in tracks}
        result = await self.call(
            "publishVideo", sdpOffer=offer, doLoopback=False, hasAudio="audio" in kinds, hasVideo="video" in kinds,
            audioActive=True, videoActive=True, typeOfVideo="CAMERA", frameRate=30,
            videoDimensions='{"width":640,"height":480}',
        )  # fmt: skip
        await link.setRemoteDescription(RTCSessionDescription(result["sdpAnswer"], "answer"))
        return result["id"]

    async def publish_again(self, stream: str, *tracks: Any) -> None:
        """Replace the PeerConnection of the published *stream*."""
        old = self.links.pop(0)
        link, offer = await self._offer_of(*tracks)
        result = await self.call("reconnectStream", stream=stream, sdpString=offer)
        await link.setRemoteDescription(RTCSessionDescription(result["sdpAnswer"], "answer"))
        await old.close()

    async def _offer_of(self, *tracks: Any) -> tuple[RTCPeerConnection, str]:
        link = RTCPeerConnection()
        self.links.append(link)
        for track in tracks:
            link.addTransceiver(track, direction="sendonly")
        await link.setLocalDescription(await link.createOffer())
        return link, link.localDescription.sdp

    # ------------------------------------------------------------------------------------------------- subscribing

    async def subscribe_to_offer(self, stream: str) -> RTCPeerConnection:
        """The server offers (mediasoup mode)."""
        link = RTCPeerConnection()
        self.links.append(link)
        offer = (await self.call("prepareReceiveVideoFrom", sender=stream, reconnect=False))["sdpOffer"]
        await link.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await link.setLocalDescription(await link.createAnswer())
        await self.call("receiveVideoFrom", sender=stream, sdpAnswer=link.localDescription.sdp)
        return link

    async def subscribe_by_offering(self, stream: str) -> RTCPeerConnection:
        """The client offers (kurento mode)."""
        link = RTCPeerConnection()
        self.links.append(link)
        for kind in ("audio", "video"):
            link.addTransceiver(kind, direction="recvonly")
        await link.setLocalDescription(await link.createOffer())
        result = await self.call("receiveVideoFrom", sender=stream, sdpOffer=link.localDescription.sdp)
        await link.setRemoteDescription(RTCSessionDescription(result["sdpAnswer"], "answer"))
        return link
