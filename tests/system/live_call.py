"""A call between two aiortc peers, in a thread of its own: aiortc needs asyncio, the router under test runs on Trio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import trio
from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError

from ovrouter import Router
from tests.interop.client import Client
from tests.interop.media import CountingVideo, track_of

__all__ = ["LiveCall", "ask", "open_call", "start_call", "token"]

ANSWER_TIMEOUT_S = 60
"""So that a test fails rather than hangs; long, because the machine may be busy."""


async def ask(router: Router, method: str, path: str, **options: Any) -> Any:
    """The JSON that the REST API answers. In a thread: what httpx leaves of an aborted request on Trio is not tidy."""
    return await trio.to_thread.run_sync(lambda: _ask(router, method, path, options))


def _ask(router: Router, method: str, path: str, options: dict[str, Any]) -> Any:
    url, user = f"{router.url}/openvidu/api/{path}", ("OPENVIDUAPP", router.config.openvidu_secret)
    return httpx.request(method, url, auth=user, verify=False, timeout=ANSWER_TIMEOUT_S, **options).json()


async def token(router: Router, session_id: str, **properties: Any) -> str:
    """A token of the Session *session_id*, which is made with *properties* if there is none."""
    with suppress(ValueError):  # no body: there is one
        await ask(router, "POST", "sessions", json={"customSessionId": session_id, **properties})
    return str((await ask(router, "POST", f"sessions/{session_id}/connection", json={}))["token"])


@asynccontextmanager
async def open_call(router: Router) -> AsyncIterator[LiveCall]:
    """Two participants, one of whom sees the other; both leave at the end of the block."""
    async with trio.open_nursery() as nursery:
        call = await start_call(router, nursery)
        try:
            yield call
        finally:
            call.hang_up()


async def start_call(router: Router, nursery: trio.Nursery) -> LiveCall:
    """The same, until it is hung up; *nursery* waits for the thread."""
    call = LiveCall(await token(router, "call"), await token(router, "call"))
    nursery.start_soon(trio.to_thread.run_sync, call.run)
    await call.sees(frames=1)
    return call


class LiveCall:
    """What happens in the thread; methods are for the Trio side, but for :meth:`run`."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = tokens
        self._trio = trio.lowlevel.current_trio_token()
        self._frames = 0
        self._seen = trio.lowlevel.ParkingLot()
        self._loop = asyncio.new_event_loop()
        self._hung_up = asyncio.Event()
        self._visits: set[Future[None]] = set()

    async def sees(self, *, frames: int) -> None:
        """Return when that many more frames were decoded."""
        wanted = self._frames + frames
        while self._frames < wanted:
            await self._seen.park()

    def visit(self, token: str) -> None:
        """Let somebody join with *token*, publish, and leave as soon as the media is up. It may fail anywhere."""
        self._visits.add(asyncio.run_coroutine_threadsafe(_visit(token), self._loop))

    def end_visits(self) -> None:
        """Cut short those that have not ended."""
        for visit in self._visits:
            visit.cancel()
        self._visits.clear()

    def hang_up(self) -> None:
        """Let both leave; the thread ends then."""
        self.end_visits()
        self._loop.call_soon_threadsafe(self._hung_up.set)

    def run(self) -> None:
        """Talk until :meth:`hang_up`, in this thread."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._talk())

    async def _talk(self) -> None:
        alice_token, bob_token = self._tokens
        async with Client(alice_token) as alice, Client(bob_token) as bob:
            stream = await alice.publish(small_video())
            watching = asyncio.create_task(self._watch(await bob.subscribe_to_offer(stream)))
            await self._hung_up.wait()
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self, link: RTCPeerConnection) -> None:
        track = track_of(link, "video")
        while True:
            try:
                await track.recv()
            except MediaStreamError:  # the router ended first
                return
            self._trio.run_sync_soon(self._note_frame)

    def _note_frame(self) -> None:
        self._frames += 1
        self._seen.unpark_all()


def small_video() -> CountingVideo:
    """As little work as a moving picture can be: many run on one machine."""
    return CountingVideo(width=64, height=48, frames_per_s=10)


async def _visit(token: str) -> None:
    async with Client(token) as visitor:
        await visitor.publish(small_video())
        await connected(visitor.links[0])
        await visitor.call("closeSession")


async def connected(link: RTCPeerConnection) -> None:
    """Return when ICE and DTLS of *link* are done."""
    changed = asyncio.Event()
    link.on("connectionstatechange", changed.set)
    while link.connectionState != "connected":
        changed.clear()
        await changed.wait()
