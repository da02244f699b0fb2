"""The two kinds of link and their tracks in the fast path (warm)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ovrouter._fastpath import Worker
from ovrouter.media.association import Association
from ovrouter.media.quality import sample_of
from ovrouter.media.tap import Tap
from ovrouter.media.worker import MediaWorker
from ovrouter.medianode import BandwidthLimits, QualitySample, RemoteCandidate
from ovrouter.rtc.extensions import AUDIO_LEVEL, DEPENDENCY_DESCRIPTOR, MID, REPAIRED_RID, RID, TRANSPORT_CC
from ovrouter.rtc.plan import DownlinkOffer, DownlinkPlan, TrackOffer, TrackSend, UplinkPlan

__all__ = ["Downlink", "Link", "Uplink", "new_ssrc"]


def new_ssrc() -> int:
    """A random SSRC; 0 is left out because it means "none" in several places."""
    return secrets.randbelow(0xFFFFFFFF) + 1


@dataclass(eq=False)
class Link:
    """What both directions have."""

    link_id: str
    association: Association
    video_limits: BandwidthLimits
    local_sdp: str = ""
    remote_sdp: str = ""
    remote_candidates: list[RemoteCandidate] = field(default_factory=list)


@dataclass(eq=False)
class Uplink(Link):
    """A published stream: its tracks outlive its association when the client publishes it again."""

    session_id: str = ""
    client_id: str = ""
    is_screen: bool = False
    track_handles: dict[str, int] = field(default_factory=dict)
    """Up-track by kind (``audio``, ``video``)."""
    mirrors: dict[MediaWorker, dict[str, int]] = field(default_factory=dict)
    """The same on other workers, where subscribers are."""
    tracks: tuple[TrackOffer, ...] = ()
    downlinks: dict[str, Downlink] = field(default_factory=dict)
    """Links that carry this one's media to subscribers, by id."""
    taps: dict[str, Tap] = field(default_factory=dict)
    """Local consumers of this one's media, by id."""

    def bind(self, plan: UplinkPlan) -> bool:
        """Connect the tracks to the present association. False if subscribers must negotiate anew."""
        fastpath = self.association.worker.fastpath
        fastpath.set_extensions(self.association.handle, **_transport_extensions(plan.tracks))
        for track in plan.tracks:
            if track.kind not in self.track_handles:
                self.track_handles[track.kind] = _add_up_track(fastpath, track)
            _bind_up_track(fastpath, self.track_handles[track.kind], self.association.handle, track)
        for send in plan.loopback:
            _add_down_track(self, send, self.association)
        is_same = not self.tracks or _formats(self.tracks) == _formats(plan.tracks)
        self.tracks = plan.tracks
        for tap in self.taps.values():
            tap.attach(self.tracks, self.track_handles)
        return is_same

    def describe_tracks(self) -> dict[str, list[dict[str, int]]]:
        """What the fast path says of the layers of each track, by kind."""
        fastpath = self.association.worker.fastpath
        return {kind: fastpath.describe_up_track(handle) for kind, handle in self.track_handles.items()}

    def apply_limits(self) -> None:
        """Cap the publisher at its own maximum and, if it sends one picture size, at the lowest of its subscribers."""
        if self.association.is_closed:
            return
        maxima = [downlink.video_limits.max_kbps for downlink in self.downlinks.values()]
        has_remb = any(pt.remb for track in self.tracks for pt in track.payload_types)
        self.association.worker.fastpath.set_max_bitrate(
            self.association.handle,
            self.video_limits.max_kbps * 1000,
            min_bps=self.video_limits.min_kbps * 1000,
            audience_bps=min((kbps for kbps in maxima if kbps > 0), default=0) * 1000,
            has_remb=has_remb,
        )

    def tracks_at(self, worker: MediaWorker) -> Mapping[str, int]:
        """What subscribers on *worker* take their tracks from, by kind."""
        home = self.association.worker
        if worker is home:
            return self.track_handles
        mirrors = self.mirrors.setdefault(worker, {})
        for kind in self.track_handles.keys() - mirrors.keys():
            mirrors[kind] = home.fastpath.mirror_up_track(self.track_handles[kind], worker.fastpath)
        return mirrors

    def release(self, worker: MediaWorker) -> None:
        """Let the mirrors on *worker* go if nobody there looks at them any more."""
        if not any(downlink.association.worker is worker for downlink in self.downlinks.values()):
            self._remove_mirrors(worker)

    def _remove_mirrors(self, worker: MediaWorker) -> None:
        for kind in self.mirrors.pop(worker, {}):
            self.association.worker.fastpath.remove_mirror(self.track_handles[kind], worker.fastpath)

    def close_taps(self) -> None:
        """End all local consumers' connections."""
        for tap in self.taps.values():
            tap.close()
        self.taps.clear()

    def remove_tracks(self) -> None:
        """Take the tracks out of the fast path; subscribers' tracks and the taps go with them."""
        self.close_taps()
        for worker in tuple(self.mirrors):
            self._remove_mirrors(worker)
        for handle in self.track_handles.values():
            self.association.worker.fastpath.remove_up_track(handle)
        self.track_handles.clear()


@dataclass(eq=False)
class Downlink(Link):
    """A subscription."""

    uplink: Uplink | None = None
    """None once the uplink is closed."""
    client_id: str = ""
    offer: DownlinkOffer | None = None
    """Ours, until the client has answered."""
    down_tracks: tuple[int, ...] = ()
    """Audio first, as in the client's sections."""
    _described: tuple[int, Mapping[str, Any]] | None = None
    """When the last of them was described, and what was said."""

    def bind(self, plan: DownlinkPlan) -> None:
        """Begin to forward what was negotiated, if both ends are still there."""
        self.offer = None
        if self.uplink is None or self.association.is_closed:
            return
        uplink, fastpath = self.uplink, self.association.worker.fastpath
        transport_cc = next((send.transport_cc for send in plan.tracks if send.transport_cc), 0)
        fastpath.join_client(self.association.handle, self.client_id.encode(), transport_cc=transport_cc)
        self.down_tracks = tuple(
            _add_down_track(uplink, send, self.association) for send in plan.tracks if send.kind in uplink.track_handles
        )
        for down_track in self.down_tracks:
            fastpath.set_down_limits(
                down_track,
                min_bps=self.video_limits.min_kbps * 1000,
                max_bps=self.video_limits.max_kbps * 1000,
                is_screen=uplink.is_screen,
            )

    @property
    def round_trip_ms(self) -> int:
        """As of the last sample; 0 if it is not known."""
        return self._described[1]["round_trip_us"] // 1000 if self._described else 0

    def sample_quality(self, now_ms: int) -> QualitySample | None:
        """What the last interval was like; None while nothing is sent or just as it begins."""
        if not self.down_tracks or self.association.is_closed:
            return None
        fastpath = self.association.worker.fastpath
        now = fastpath.describe_down_track(self.down_tracks[-1])
        before, self._described = self._described, (now_ms, now)
        if before is None or before[0] >= now_ms:
            return None
        client = fastpath.describe_client(self.association.handle)
        return sample_of(now_ms, now, before[1], client, (now_ms - before[0]) / 1000)


def _transport_extensions(tracks: tuple[TrackOffer, ...]) -> dict[str, int]:
    """Ids of the extensions the fast path reads; they are the same in all sections of a bundle."""
    ids = {uri: number for track in tracks for uri, number in track.extensions}
    return {
        "mid": ids.get(MID, 0),
        "rid": ids.get(RID, 0),
        "repaired_rid": ids.get(REPAIRED_RID, 0),
        "dependency": ids.get(DEPENDENCY_DESCRIPTOR, 0),
        "transport_cc": ids.get(TRANSPORT_CC, 0),
        "audio_level": ids.get(AUDIO_LEVEL, 0),
    }


def _add_up_track(fastpath: Worker, track: TrackOffer) -> int:
    return fastpath.add_up_track(is_video=track.kind == "video", clock_rate=track.payload_types[0].clock_rate)


def _bind_up_track(fastpath: Worker, handle: int, transport: int, track: TrackOffer) -> None:
    formats = [(pt.pt, pt.codec, 0) for pt in track.payload_types]
    repairs = [(pt.rtx_pt, "rtx", pt.pt) for pt in track.payload_types if pt.rtx_pt is not None]
    fastpath.bind_up_track(
        handle,
        transport,
        codecs=formats + repairs,
        ssrc=track.ssrc,
        rtx_ssrc=track.rtx_ssrc,
        rids=tuple(rid.encode() for rid in track.rids),
        nack=any(pt.nack for pt in track.payload_types),
        pli=any(pt.pli for pt in track.payload_types),
        fir=any(pt.fir for pt in track.payload_types),
    )


def _add_down_track(uplink: Uplink, send: TrackSend, association: Association) -> int:
    association.worker.fastpath.set_cname(association.handle, send.cname.encode())
    return association.worker.fastpath.add_down_track(
        uplink.tracks_at(association.worker)[send.kind],
        association.handle,
        ssrc=send.ssrc,
        rtx_ssrc=send.rtx_ssrc,
        payload_types=send.payload_map,
        rtx_payload_types=send.rtx_map,
        extensions=send.extension_map,
    )


def _formats(tracks: tuple[TrackOffer, ...]) -> list[tuple[object, ...]]:
    """What subscribers depend on: formats and extension numbers per kind."""
    return sorted(
        (track.kind, tuple((pt.pt, pt.codec, pt.fmtp) for pt in track.payload_types), tuple(sorted(track.extensions)))
        for track in tracks
    )
