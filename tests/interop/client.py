"""An OpenVidu client made of aiortc: joins, publishes and subscribes over the client WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import ssl
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

__all__ = ["Client"]

ANSWER_TIMEOUT_S = 60
"""So that a test fails rather than hangs; long, because the machine may be busy."""
PING_INTERVAL_MS = 60_000
"""The longest there is: nobody here pings again, and the router waits for three of them."""
NO_SERVERS = RTCConfiguration(iceServers=[])


def insecure() -> ssl.SSLContext:
    """Accepts the router's self-signed certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One participant; an async context manager that is inside its Session.

    It leaves in good order, unless an exception or the router's end prevents that; nothing of it stays either way.
    """

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
            await self._join(session)
        except BaseException:
            await self.abandon()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        try:
            if kind is None:
                with contextlib.suppress(ConnectionClosed, ConnectionError):
                    await self.call("leaveRoom")
        finally:
            await self.abandon()

    async def _join(self, session: str) -> None:
        await self.call("ping", interval=PING_INTERVAL_MS)
        self.joined = await self.call(
            "joinRoom", token=self._token, session=session, platform="aiortc", metadata="", secret="", recorder=False
        )

    async def abandon(self) -> None:
        """Close everything without leaving first."""
        for link in self.links:
            await link.close()
        await self._socket.close()
        await self._reader

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One RPC; an error answer is an AssertionError. Raises ConnectionError if the router closes the socket."""
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        try:
            await self._socket.send(json.dumps(request))
            await asyncio.wait([answer, self._reader], timeout=ANSWER_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._answers[number]
        if not answer.done():
            raise (ConnectionError if self._reader.done() else TimeoutError)(f"no answer to {method}")
        message = answer.result()
        assert "result" in message, message
        return message["result"]

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                message = json.loads(await self._socket.recv())
                if "id" not in message:
                    self.notifications.put_nowait(message)
                elif answer := self._answers.get(message["id"]):  # nobody waits for the answer to a cancelled call
                    answer.set_result(message)

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

    def _new_link(self) -> RTCPeerConnection:
        link = RTCPeerConnection(NO_SERVERS)
        self.links.append(link)
        return link

    async def _offer_of(self, *tracks: Any) -> tuple[RTCPeerConnection, str]:
        link = self._new_link()
        for track in tracks:
            link.addTransceiver(track, direction="sendonly")
        await link.setLocalDescription(await link.createOffer())
        return link, link.localDescription.sdp

    # ------------------------------------------------------------------------------------------------- subscribing

    async def subscribe_to_offer(self, stream: str) -> RTCPeerConnection:
        """The server offers (mediasoup mode)."""
        link, answer = await self.prepare(stream)
        await self.call("receiveVideoFrom", sender=stream, sdpAnswer=answer)
        return link

    async def prepare(self, stream: str) -> tuple[RTCPeerConnection, str]:
        """Ask for the server's offer; the answer is not sent yet."""
        link = self._new_link()
        offer = (await self.call("prepareReceiveVideoFrom", sender=stream, reconnect=False))["sdpOffer"]
        await link.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await link.setLocalDescription(await link.createAnswer())
        return link, link.localDescription.sdp

    async def subscribe_by_offering(self, stream: str) -> RTCPeerConnection:
        """The client offers (kurento mode)."""
        link = self._new_link()
        for kind in ("audio", "video"):
            link.addTransceiver(kind, direction="recvonly")
        await link.setLocalDescription(await link.createOffer())
        result = await self.call("receiveVideoFrom", sender=stream, sdpOffer=link.localDescription.sdp)
        await link.setRemoteDescription(RTCSessionDescription(result["sdpAnswer"], "answer"))
        return link
