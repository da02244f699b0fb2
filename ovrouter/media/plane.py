"""The media plane: opens and closes links for the control plane (warm; implements ``medianode.MediaNode``).

Negotiation is ``rtc``'s, packets are ``_fastpath``'s; this module decides on which worker a link lives and owns its
tasks.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

import trio

from ovrouter import __version__
from ovrouter._fastpath import CONSENT_EXPIRED, DTLS
from ovrouter.errors import LinkNotFound
from ovrouter.isolate import isolated
from ovrouter.media.association import Association
from ovrouter.media.downlink_watch import DownlinkWatch
from ovrouter.media.links import Downlink, Link, Uplink, new_ssrc
from ovrouter.media.load import LoadMeter, resident_bytes
from ovrouter.media.placement import Placement
from ovrouter.media.tap import Tap
from ovrouter.media.uplink_watch import UplinkWatch
from ovrouter.media.worker import MediaWorker, OnEvent, format_address
from ovrouter.medianode import (
    AcceptDownlink,
    DownlinkOpened,
    LinkDescription,
    LinkDown,
    LinkEvent,
    LinkUp,
    NodeDescription,
    NodeLoad,
    OpenDownlink,
    OpenTap,
    OpenUplink,
    QualitySample,
    RemoteCandidate,
    RenegotiationNeeded,
    UplinkOpened,
)
from ovrouter.rtc.certificate import make_certificate
from ovrouter.rtc.negotiation import accept_answer, answer_downlink, answer_uplink, offer_downlink
from ovrouter.rtc.plan import RemoteTransport

__all__ = ["MediaPlane"]

_log = logging.getLogger("ovrouter.media")

LINK_EVENTS: Final = 4096
"""Link events waiting for the control plane: every link of a full machine going down at once."""
REMOTE_CANDIDATES: Final = 64
"""Trickled candidates kept per link for diagnosis; browsers send up to a few dozen."""


class MediaPlane:
    """All links of this process."""

    def __init__(self, nursery: trio.Nursery, workers: tuple[MediaWorker, ...]) -> None:
        self.workers = workers
        self._placement = Placement(workers)
        self._nursery = nursery
        self._certificate = make_certificate()
        self._uplinks: dict[str, Uplink] = {}
        self._downlinks: dict[str, Downlink] = {}
        self._tapped: dict[str, Uplink] = {}
        """Uplink by tap id."""
        self._associations: dict[tuple[MediaWorker, int], tuple[Association, str]] = {}
        self._meter = LoadMeter()
        self._events_in, self._events_out = trio.open_memory_channel[LinkEvent](LINK_EVENTS)
        self.downlink_watch = DownlinkWatch(self._downlinks)
        self.uplink_watch = UplinkWatch(self._uplinks, self._downlinks, workers, self._emit)

    # ------------------------------------------------------------------------------------------------------ uplinks

    async def open_uplink(self, command: OpenUplink) -> UplinkOpened:
        """See MediaNode. A rejected offer leaves an open link as it was."""
        old = self._uplinks.get(command.link_id)
        association = Association(old.association.worker if old else self._placement.for_uplink(), self._certificate)
        try:
            plan = answer_uplink(
                command.sdp_offer,
                association.local,
                forced_codec=command.forced_codec,
                allow_other_codecs=command.allow_other_codecs,
                loopback_ssrcs=new_ssrc if command.loopback else None,
            )
        except BaseException:
            association.close()
            raise
        uplink = self._replace_uplink(old, association, command)
        uplink.local_sdp, uplink.remote_sdp = plan.sdp_answer, command.sdp_offer
        if not uplink.bind(plan):
            for link_id in uplink.downlinks:
                self._emit(RenegotiationNeeded(link_id))
        uplink.apply_limits()
        self._start(uplink, plan.remote)
        return UplinkOpened(plan.sdp_answer)

    def _replace_uplink(self, old: Uplink | None, association: Association, command: OpenUplink) -> Uplink:
        if old is None:
            uplink = Uplink(
                command.link_id,
                association,
                command.video_limits,
                session_id=command.session_id,
                client_id=command.client_id,
                is_screen=command.is_screen,
            )
            self._uplinks[command.link_id] = uplink
            return uplink
        self._end(old.association)
        old.association = association
        old.video_limits, old.is_screen = command.video_limits, command.is_screen
        return old

    # ---------------------------------------------------------------------------------------------------- downlinks

    async def open_downlink(self, command: OpenDownlink) -> DownlinkOpened:
        """See MediaNode. A rejected offer leaves an open link as it was."""
        uplink = self._uplinks.get(command.uplink_id)
        if uplink is None:
            raise LinkNotFound(f"no published media under {command.uplink_id!r}")
        worker = self._placement.for_downlink(command.client_id, uplink.association.worker)
        downlink = Downlink(
            command.link_id,
            Association(worker, self._certificate),
            command.video_limits,
            uplink=uplink,
            client_id=command.client_id,
        )
        negotiate = self._answer if command.sdp_offer else self._offer
        try:
            return negotiate(downlink, uplink, command)
        except BaseException:
            downlink.association.close()
            raise

    def _offer(self, downlink: Downlink, uplink: Uplink, command: OpenDownlink) -> DownlinkOpened:
        offer = offer_downlink(
            uplink.tracks,
            downlink.association.local,
            new_ssrc,
            stream_id=command.uplink_id,
            forced_codec=command.forced_codec,
            allow_other_codecs=command.allow_other_codecs,
        )
        downlink.offer = offer
        downlink.local_sdp = offer.sdp_offer
        self._replace_downlink(downlink, uplink)
        return DownlinkOpened(offer.sdp_offer)

    def _answer(self, downlink: Downlink, uplink: Uplink, command: OpenDownlink) -> DownlinkOpened:
        offer = command.sdp_offer or ""
        answer, plan = answer_downlink(
            offer,
            uplink.tracks,
            downlink.association.local,
            new_ssrc,
            stream_id=command.uplink_id,
            forced_codec=command.forced_codec,
            allow_other_codecs=command.allow_other_codecs,
        )
        downlink.local_sdp, downlink.remote_sdp = answer, offer
        self._replace_downlink(downlink, uplink)
        downlink.bind(plan)
        self._start(downlink, plan.remote)
        return DownlinkOpened(answer)

    async def accept_downlink(self, command: AcceptDownlink) -> None:
        """See MediaNode."""
        downlink = self._downlinks.get(command.link_id)
        if downlink is None or downlink.offer is None:
            raise LinkNotFound(f"no offer of ours is waiting for an answer under {command.link_id!r}")
        plan = accept_answer(downlink.offer, command.sdp_answer)
        downlink.remote_sdp = command.sdp_answer
        downlink.bind(plan)
        self._start(downlink, plan.remote)

    def _replace_downlink(self, downlink: Downlink, uplink: Uplink) -> None:
        self._close_downlink(downlink.link_id)
        self._placement.enter(downlink.client_id, downlink.association.worker)
        self._downlinks[downlink.link_id] = downlink
        uplink.downlinks[downlink.link_id] = downlink
        # The client may shake hands before its answer has come through the control plane.
        self._register(downlink)
        uplink.apply_limits()

    # --------------------------------------------------------------------------------------------------------- taps

    async def open_tap(self, command: OpenTap) -> None:
        """See MediaNode."""
        await self.close_tap(command.tap_id)
        uplink = self._uplinks.get(command.uplink_id)
        if uplink is None:
            raise LinkNotFound(f"no published media under {command.uplink_id!r}")
        tap = Tap(uplink.association.worker, command)
        tap.attach(uplink.tracks, uplink.track_handles)
        uplink.taps[command.tap_id] = tap
        self._tapped[command.tap_id] = uplink

    async def close_tap(self, tap_id: str) -> None:
        """See MediaNode."""
        uplink = self._tapped.pop(tap_id, None)
        tap = uplink.taps.pop(tap_id, None) if uplink else None
        if tap is not None:
            tap.close()

    def close_taps(self) -> None:
        """End every tap; consumers still get what waits for them."""
        for uplink in self._uplinks.values():
            uplink.close_taps()
        self._tapped.clear()

    async def request_keyframe(self, uplink_id: str) -> None:
        """See MediaNode."""
        uplink = self._uplinks.get(uplink_id)
        if uplink is not None and "video" in uplink.track_handles:
            uplink.association.worker.fastpath.request_keyframe(uplink.track_handles["video"])

    # --------------------------------------------------------------------------------------------------------- ends

    async def close_link(self, link_id: str) -> None:
        """See MediaNode."""
        self._close_downlink(link_id)
        self._close_uplink(link_id)

    def _close_downlink(self, link_id: str) -> None:
        downlink = self._downlinks.pop(link_id, None)
        if downlink is None:
            return
        self._placement.leave(downlink.client_id)
        self._end(downlink.association)
        if downlink.uplink is not None:
            del downlink.uplink.downlinks[link_id]
            downlink.uplink.release(downlink.association.worker)
            downlink.uplink.apply_limits()

    def _close_uplink(self, link_id: str) -> None:
        uplink = self._uplinks.pop(link_id, None)
        if uplink is None:
            return
        for downlink in uplink.downlinks.values():
            downlink.uplink, downlink.down_tracks = None, ()
        for tap_id in uplink.taps:
            del self._tapped[tap_id]
        uplink.remove_tracks()
        self._end(uplink.association)

    def _end(self, association: Association) -> None:
        self._associations.pop((association.worker, association.handle), None)
        association.close()

    # -------------------------------------------------------------------------------------------------- associations

    def _register(self, link: Link) -> None:
        self._associations[link.association.worker, link.association.handle] = (link.association, link.link_id)

    def _start(self, link: Link, remote: RemoteTransport) -> None:
        self._register(link)
        self._nursery.start_soon(isolated, "link", self._run_association, link.association, remote, link.link_id)

    async def _run_association(self, association: Association, remote: RemoteTransport, link_id: str) -> None:
        try:
            await association.run(
                remote,
                on_up=lambda: self._emit(LinkUp(link_id)),
                on_down=lambda reason: self._emit(LinkDown(link_id, reason)),
            )
        finally:
            # A handshake that did not succeed, whatever ended it, holds nothing any more.
            if not association.is_settled:
                self._end(association)

    def on_fastpath_event(self, worker: MediaWorker) -> OnEvent:
        """What *worker* calls with its events."""

        def on_event(kind: int, handle: int, data: bytes) -> None:
            association, link_id = self._associations.get((worker, handle), (None, ""))
            if association is None:
                return
            if kind == DTLS:
                association.on_datagram(data)
            elif kind == CONSENT_EXPIRED:
                self._end(association)
                self._emit(LinkDown(link_id, "consent-expired"))

        return on_event

    def _emit(self, event: LinkEvent) -> None:
        try:
            self._events_in.send_nowait(event)
        except trio.WouldBlock:
            _log.warning("link event dropped: the control plane does not keep up: %s", type(event).__name__)

    def events(self) -> AsyncIterator[LinkEvent]:
        """See MediaNode."""
        return self._events_out

    # ---------------------------------------------------------------------------------------------------- diagnosis

    async def add_remote_candidate(self, candidate: RemoteCandidate) -> None:
        """See MediaNode."""
        link = self._uplinks.get(candidate.link_id) or self._downlinks.get(candidate.link_id)
        if link is not None and len(link.remote_candidates) < REMOTE_CANDIDATES:
            link.remote_candidates.append(candidate)

    async def describe_link(self, link_id: str) -> LinkDescription:
        """See MediaNode."""
        link = self._uplinks.get(link_id) or self._downlinks.get(link_id)
        if link is None:
            raise LinkNotFound(f"no link {link_id!r}")
        association = link.association
        fastpath, handle = association.worker.fastpath, association.handle
        peer = None if association.is_closed else fastpath.peer_address(handle)
        return LinkDescription(
            link_id,
            link.local_sdp,
            link.remote_sdp,
            local_candidate=_candidate_text(association.worker.candidates[peer[2]]) if peer else None,
            remote_candidate=format_address(peer) if peer else None,
            remote_candidates=tuple(link.remote_candidates),
            counters={} if association.is_closed else fastpath.describe_transport(handle),
        )

    async def describe(self) -> NodeDescription:
        """See MediaNode."""
        return NodeDescription(self.workers[0].candidates[0][0], __version__, resident_bytes())

    async def quality(self, link_id: str, seconds: int) -> tuple[QualitySample, ...]:
        """See MediaNode."""
        return self.downlink_watch.last(link_id, seconds)

    async def counters(self) -> dict[str, int]:
        """See MediaNode."""
        totals: Counter[str] = Counter()
        for worker in self.workers:
            totals.update(worker.fastpath.counters())
        return dict(totals)

    async def load(self) -> NodeLoad:
        """See MediaNode."""
        return NodeLoad(self._meter.percent(), len(self._uplinks) + len(self._downlinks))


def _candidate_text(candidate: tuple[str, int]) -> str:
    ip, port = candidate
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
