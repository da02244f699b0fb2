"""What the benchmark wants of a router: start it, join it, publish, subscribe (contract).

A kind starts a router, a router opens sessions, members join a session, and a member brings a peer of its own for each
stream it publishes or subscribes to, as openvidu-browser does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from benchmarks.load import Media
from benchmarks.peer import Peer

__all__ = ["Member", "Publisher", "Router", "RouterFailed", "RouterKind", "Session", "Subscriber"]


class RouterFailed(Exception):
    """The router did not start or refused what it was asked."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """A connected peer that may send."""

    peer: Peer
    stream_id: str
    owner: str
    """The publishing member, as the router names it."""
    video: Media
    audio: Media


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A connected peer that receives one stream."""

    peer: Peer
    video_type: int
    audio_type: int


class Member(Protocol):
    """One participant of a session."""

    async def publish(self, peer: Peer) -> Publisher:
        """Connect *peer* and publish from it. Raises RouterFailed, PeerFailed."""

    async def subscribe(self, peer: Peer, publisher: Publisher) -> Subscriber:
        """Connect *peer* and receive what *publisher* sends. Raises RouterFailed, PeerFailed."""


class Session(Protocol):
    """A room of the router."""

    def join(self, *, publishes: bool) -> AbstractAsyncContextManager[Member]:
        """Join as a member that publishes, or that only subscribes; leaves at the end of the block."""


class Router(Protocol):
    """A running router."""

    @property
    def pid(self) -> int | None:
        """Its process; None: on another machine, so its CPU time and memory are not ours to read."""

    @property
    def ip(self) -> str:
        """The address of this machine that the peers send from."""

    def open_session(self) -> AbstractAsyncContextManager[Session]:
        """Create a session; closes it at the end of the block."""


@dataclass(frozen=True, slots=True)
class RouterKind:
    """A router that can be measured."""

    name: str
    open: Callable[[int], AbstractAsyncContextManager[Router]]
    """Starts it pinned to a core, stops it at the end of the block. Raises RouterFailed."""
    missing: str = ""
    """What to type to get it; empty if it is there."""
    version: str = ""
