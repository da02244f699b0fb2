"""An OpenVidu application and client: REST to create, WebSocket to join, publish and subscribe (warm)."""

from __future__ import annotations

import functools
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import trio
from websockets.trio.client import ClientConnection, connect

from benchmarks.routers.contract import RouterFailed

__all__ = ["OpenViduRest", "RpcFailed", "Signaling", "open_rest", "open_signaling"]

PING_INTERVAL_S = 5.0
RPC_TIMEOUT_S = 10.0
"""Both as openvidu-browser has them."""
RECORDING_TIMEOUT_S = 60.0
"""A process starts, or finishes a file."""

Notify = Callable[[str, dict[str, Any]], None]


class RpcFailed(RouterFailed):
    """The server answered a JSON-RPC request with an error."""


@functools.cache
def _trust_everybody() -> ssl.SSLContext:
    # Routers under test have certificates of their own making.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class OpenViduRest:
    """The REST calls that the benchmarks need."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def create_session(self) -> str:
        """Create a session whose video is not limited to a codec; returns its id."""
        body = {"forcedVideoCodec": "NONE", "allowTranscoding": False}
        answer = await self._http.post("/openvidu/api/sessions", json=body)
        return str(answer.raise_for_status().json()["sessionId"])

    async def get_session(self, session: str) -> dict[str, Any]:
        """Return one session."""
        answer = await self._http.get(f"/openvidu/api/sessions/{session}")
        return dict(answer.raise_for_status().json())

    async def list_sessions(self) -> list[dict[str, Any]]:
        """Return all sessions."""
        return list(json.loads(await self.read_sessions())["content"])

    async def read_sessions(self) -> bytes:
        """Ask for all sessions; the JSON is not looked into, which costs the caller more than the router."""
        answer = await self._http.get("/openvidu/api/sessions")
        return answer.raise_for_status().content

    async def create_token(self, session: str, role: str, *, is_recorded: bool = False) -> str:
        """Create a connection without bandwidth limits; returns its token."""
        unlimited = {f"video{bound}{way}Bandwidth": 0 for bound in ("Max", "Min") for way in ("Recv", "Send")}
        body = {"type": "WEBRTC", "role": role, "record": is_recorded, "kurentoOptions": unlimited}
        answer = await self._http.post(f"/openvidu/api/sessions/{session}/connection", json=body)
        return str(answer.raise_for_status().json()["token"])

    async def start_recording(self, session: str, **properties: Any) -> str:
        """Record a session; returns the id of the recording."""
        body = {"session": session, **properties}
        answer = await self._http.post("/openvidu/api/recordings/start", json=body, timeout=RECORDING_TIMEOUT_S)
        return str(answer.raise_for_status().json()["id"])

    async def stop_recording(self, recording: str) -> None:
        """End a recording; returns when its file is whole."""
        path = f"/openvidu/api/recordings/stop/{recording}"
        (await self._http.post(path, timeout=RECORDING_TIMEOUT_S)).raise_for_status()

    async def close_session(self, session: str) -> None:
        """Close a session; one that has gone already is fine."""
        await self._http.delete(f"/openvidu/api/sessions/{session}")


@asynccontextmanager
async def open_rest(url: str, secret: str) -> AsyncIterator[OpenViduRest]:
    """Open a REST client for the router at *url*."""
    async with httpx.AsyncClient(
        base_url=url, auth=("OPENVIDUAPP", secret), verify=_trust_everybody(), timeout=RPC_TIMEOUT_S
    ) as http:
        yield OpenViduRest(http)


class Signaling:
    """One client's WebSocket: JSON-RPC 2.0 both ways."""

    def __init__(self, websocket: ClientConnection, token: str, on_notification: Notify) -> None:
        self.mediasoup_mode = False
        self.connection_id = ""
        self.answered_pings = 0
        self._websocket = websocket
        self._token = token
        self._notify = on_notification
        self._answers: dict[int, trio.MemorySendChannel[dict[str, Any]]] = {}
        self._next_id = 0

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a request and return its result. Raises RpcFailed, trio.TooSlowError."""
        number, self._next_id = self._next_id, self._next_id + 1
        send, receive = trio.open_memory_channel[dict[str, Any]](1)
        self._answers[number] = send
        request = {"jsonrpc": "2.0", "method": method, "params": params, "id": number}
        with trio.fail_after(RPC_TIMEOUT_S):
            await self._websocket.send(json.dumps(request))
            answer = await receive.receive()
        if "error" in answer:
            raise RpcFailed(f"{method}: {answer['error'].get('message')}")
        return dict(answer.get("result") or {})

    async def join(self) -> None:
        """Join the session."""
        await self.call("ping", interval=int(PING_INTERVAL_S * 1000))
        [session] = parse_qs(urlsplit(self._token).query)["sessionId"]
        result = await self.call(
            "joinRoom",
            token=self._token,
            session=session,
            platform="benchmark",
            sdkVersion="2.32.2",
            metadata="",
            secret="",
            recorder=False,
        )
        self.mediasoup_mode = result["mediaServer"] == "mediasoup"
        self.connection_id = result["id"]

    async def publish(self, sdp_offer: str, *, is_camera_on: bool) -> tuple[str, str]:
        """Publish a camera; returns the stream id and the router's answer."""
        result = await self.call(
            "publishVideo",
            sdpOffer=sdp_offer,
            doLoopback=False,
            hasAudio=True,
            hasVideo=True,
            audioActive=True,
            videoActive=is_camera_on,
            typeOfVideo="CAMERA",
            frameRate=30,
            videoDimensions='{"width":640,"height":480}',
        )
        return result["id"], result["sdpAnswer"]

    async def read(self) -> None:
        """Hand answers to their callers and notifications on, until the socket closes."""
        async for message in self._websocket:
            decoded = json.loads(message)
            if "method" in decoded:
                self._notify(decoded["method"], decoded["params"])
            elif (waiting := self._answers.pop(decoded["id"], None)) is not None:
                waiting.send_nowait(decoded)

    async def keep_alive(self) -> None:
        """Ping as openvidu-browser does."""
        while True:
            await trio.sleep(PING_INTERVAL_S)
            await self.call("ping")
            self.answered_pings += 1


@asynccontextmanager
async def open_signaling(
    token: str, on_notification: Notify, *, compression: str | None = None
) -> AsyncIterator[Signaling]:
    """Connect to the server that *token* names; browsers offer *compression* ``deflate``."""
    parts = urlsplit(token)
    [session] = parse_qs(parts.query)["sessionId"]
    uri = f"{parts.scheme}://{parts.netloc}/openvidu?sessionId={session}"
    context = _trust_everybody() if parts.scheme == "wss" else None
    # With a bound to its queue, messages that nobody reads any more would keep the connection from closing, for ever.
    options: dict[str, Any] = {"compression": compression, "max_queue": None, "ping_interval": None, "proxy": None}
    async with connect(uri, ssl=context, **options) as websocket:
        signaling = Signaling(websocket, token, on_notification)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(signaling.read)
            nursery.start_soon(signaling.keep_alive)
            yield signaling
            nursery.cancel_scope.cancel()
