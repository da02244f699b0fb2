"""A media node that routes nothing: tests see what it was asked, and decide when and how it answers. Warm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from math import inf

import trio

from ovrouter.errors import LinkNotFound, OvrouterError
from ovrouter.medianode import (
    AcceptDownlink,
    DownlinkOpened,
    LinkDescription,
    LinkEvent,
    NodeDescription,
    NodeLoad,
    OpenDownlink,
    OpenTap,
    OpenUplink,
    QualitySample,
    RemoteCandidate,
    UplinkOpened,
)

__all__ = ["FakeMediaNode", "Hold"]


class Hold:
    """Calls of one method that wait until they are let go; see :meth:`FakeMediaNode.hold`."""

    def __init__(self) -> None:
        self._arrived = trio.Event()
        self._released = trio.Event()

    async def wait_arrival(self) -> None:
        """Until a call waits here."""
        await self._arrived.wait()

    def release(self) -> None:
        """Let all calls go, waiting and future ones."""
        self._released.set()

    async def pass_through(self) -> None:
        """The held call itself."""
        self._arrived.set()
        await self._released.wait()


class FakeMediaNode:
    """Implements :class:`~ovrouter.medianode.MediaNode` in memory.

    SDPs are texts that name the link, e.g. ``answer str_CAM_Xabc_con_Y``. Open links and all else it was told are
    plain attributes. *pause* is awaited in every call, at the start; the default lets other tasks run.
    """

    def __init__(self, pause: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint) -> None:
        self.samples: dict[str, tuple[QualitySample, ...]] = {}
        """What :meth:`quality` tells of a link."""
        self.totals: dict[str, int] = {}
        """What :meth:`counters` tells."""
        self.uplinks: dict[str, OpenUplink] = {}
        """Open uplinks by id."""
        self.downlinks: dict[str, OpenDownlink] = {}
        """Open downlinks by id."""
        self.taps: dict[str, OpenTap] = {}
        """Open taps by id."""
        self.keyframe_requests: list[str] = []
        """Ids of uplinks, oldest first."""
        self.accepted: list[AcceptDownlink] = []
        self.candidates: list[RemoteCandidate] = []
        self.closed: list[str] = []
        """Ids passed to :meth:`close_link`, oldest first."""
        self._pause = pause
        self._holds: dict[str, Hold] = {}
        self._failures: defaultdict[str, list[OvrouterError]] = defaultdict(list)
        self._event_sender, self._event_receiver = trio.open_memory_channel[LinkEvent](inf)

    @property
    def open_links(self) -> set[str]:
        """Ids of all open links."""
        return {*self.uplinks, *self.downlinks}

    @contextmanager
    def hold(self, method: str) -> Iterator[Hold]:
        """Make calls of *method* (e.g. ``"open_uplink"``) wait inside the block; its end releases them."""
        hold = self._holds[method] = Hold()
        try:
            yield hold
        finally:
            del self._holds[method]
            hold.release()

    def fail_next(self, method: str, error: OvrouterError) -> None:
        """Make the next call of *method* raise *error*."""
        self._failures[method].append(error)

    def send_event(self, event: LinkEvent) -> None:
        """Have :meth:`events` yield *event*."""
        self._event_sender.send_nowait(event)

    async def open_uplink(self, command: OpenUplink) -> UplinkOpened:
        """Open or replace an uplink."""
        await self._begin("open_uplink")
        self.uplinks[command.link_id] = command
        return UplinkOpened(f"answer {command.link_id}")

    async def open_downlink(self, command: OpenDownlink) -> DownlinkOpened:
        """Open or replace a downlink. Raises LinkNotFound without its uplink."""
        await self._begin("open_downlink")
        if command.uplink_id not in self.uplinks:
            raise LinkNotFound(f"No uplink {command.uplink_id}")
        self.downlinks[command.link_id] = command
        return DownlinkOpened(f"{'offer' if command.sdp_offer is None else 'answer'} {command.link_id}")

    async def accept_downlink(self, command: AcceptDownlink) -> None:
        """Take a client's answer. Raises LinkNotFound."""
        await self._begin("accept_downlink")
        if command.link_id not in self.downlinks:
            raise LinkNotFound(f"No downlink {command.link_id}")
        self.accepted.append(command)

    async def open_tap(self, command: OpenTap) -> None:
        """Open a tap to nobody. Raises LinkNotFound without its uplink."""
        await self._begin("open_tap")
        if command.uplink_id not in self.uplinks:
            raise LinkNotFound(f"No uplink {command.uplink_id}")
        self.taps[command.tap_id] = command

    async def close_tap(self, tap_id: str) -> None:
        """Close a tap, if it is open."""
        await self._begin("close_tap")
        self.taps.pop(tap_id, None)

    async def request_keyframe(self, uplink_id: str) -> None:
        """Keep the request."""
        await self._begin("request_keyframe")
        self.keyframe_requests.append(uplink_id)

    async def add_remote_candidate(self, candidate: RemoteCandidate) -> None:
        """Keep a candidate."""
        await self._begin("add_remote_candidate")
        self.candidates.append(candidate)

    async def close_link(self, link_id: str) -> None:
        """Close a link, if it is open."""
        await self._begin("close_link")
        self.closed.append(link_id)
        self.taps = {id_: tap for id_, tap in self.taps.items() if tap.uplink_id != link_id}
        self.uplinks.pop(link_id, None)
        self.downlinks.pop(link_id, None)

    async def quality(self, link_id: str, seconds: int) -> tuple[QualitySample, ...]:
        """See MediaNode; what tests put into :attr:`samples`."""
        await self._begin("quality")
        return self.samples.get(link_id, ())[-seconds:]

    async def describe_link(self, link_id: str) -> LinkDescription:
        """A link that nothing has flowed over yet. Raises LinkNotFound."""
        await self._begin("describe_link")
        if link_id not in self.open_links:
            raise LinkNotFound(f"No link {link_id}")
        return LinkDescription(
            link_id=link_id,
            local_sdp=f"answer {link_id}",
            remote_sdp=f"offer {link_id}",
            local_candidate=None,
            remote_candidate=None,
            remote_candidates=tuple(candidate for candidate in self.candidates if candidate.link_id == link_id),
        )

    async def describe(self) -> NodeDescription:
        """A node on this machine."""
        await self._begin("describe")
        return NodeDescription(ip="127.0.0.1", version="0", memory_bytes=0)

    async def load(self) -> NodeLoad:
        """An idle machine."""
        await self._begin("load")
        return NodeLoad(cpu_percent=0.0, links=len(self.open_links))

    async def counters(self) -> dict[str, int]:
        """See MediaNode; what tests put into :attr:`totals`."""
        await self._begin("counters")
        return dict(self.totals)

    def events(self) -> AsyncIterator[LinkEvent]:
        """Those of :meth:`send_event`."""
        return self._event_receiver

    async def _begin(self, method: str) -> None:
        await self._pause()
        if method in self._holds:
            await self._holds[method].pass_through()
        if self._failures[method]:
            raise self._failures[method].pop(0)
