"""Participants on aiortc for tests that block: their event loop runs in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from aiortc import RTCPeerConnection

from tests.interop.client import Client
from tests.interop.media import CountingVideo, Tone

__all__ = ["Participant", "Participants", "open_participants"]

T = TypeVar("T")

CALL_TIMEOUT_S = 30


class Participant:
    """One client that is in its Session."""

    def __init__(self, participants: Participants, client: Client) -> None:
        self._participants = participants
        self._client = client

    @property
    def connection_id(self) -> str:
        return str(self._client.joined["id"])

    @property
    def rpc_session_id(self) -> str:
        """What lets a client come back after a cut."""
        return str(self._client.joined["sessionId"])

    def publish(self) -> str:
        """Publish a picture and a tone; the stream id, once media flows."""
        return self._participants.run(self._publish())

    def subscribe(self, stream_id: str) -> None:
        """Receive a stream."""
        self._participants.run(self._subscribe(stream_id))

    def told(self, method: str) -> dict[str, Any]:
        """The params of the next notification of *method*; others before it are dropped."""
        return self._participants.run(self._told(method))

    def leave(self) -> None:
        self._participants.run(self._client.__aexit__())

    def abandon(self) -> None:
        """Close everything without leaving."""
        self._participants.run(self._client.abandon())

    async def _publish(self) -> str:
        stream_id = await self._client.publish(Tone(), CountingVideo())
        await _connected(self._client.links[-1])
        return stream_id

    async def _subscribe(self, stream_id: str) -> None:
        await _connected(await self._client.subscribe_to_offer(stream_id))

    async def _told(self, method: str) -> dict[str, Any]:
        while (notification := await self._client.notifications.get())["method"] != method:
            pass
        return dict(notification["params"])


async def _connected(link: RTCPeerConnection) -> None:
    changed = asyncio.Event()
    link.on("connectionstatechange", changed.set)
    while link.connectionState != "connected":
        await changed.wait()
        changed.clear()


class Participants:
    """All participants of a test."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._joined: list[Participant] = []

    def join(self, token: str) -> Participant:
        """A client that joins with *token*."""
        participant = Participant(self, self.run(Client(token).__aenter__()))
        self._joined.append(participant)
        return participant

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of *work*, done in the thread of the event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_TIMEOUT_S)

    def close(self) -> None:
        """End those that are still there, without a word to the server."""
        for participant in self._joined:
            participant.abandon()


@contextlib.contextmanager
def open_participants() -> Iterator[Participants]:
    """Run the event loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    participants = Participants(loop)
    try:
        yield participants
    finally:
        try:
            participants.close()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
