"""Looks at published streams at intervals, and tells what has changed: network quality, who speaks (warm)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import trio

from ovrouter.isolate import isolated_call
from ovrouter.media.links import Downlink, Uplink
from ovrouter.media.rating import Reception, level_of, reception_of
from ovrouter.media.speaker import STEP_S, SpeakerDetector
from ovrouter.media.worker import MediaWorker
from ovrouter.medianode import LinkEvent, SpeakerChanged, UplinkRated

__all__ = ["UplinkWatch"]


class UplinkWatch:
    """Of all uplinks of a media plane; *uplinks* and *downlinks* are its own, by id."""

    def __init__(
        self,
        uplinks: Mapping[str, Uplink],
        downlinks: Mapping[str, Downlink],
        workers: Iterable[MediaWorker],
        emit: Callable[[LinkEvent], None],
    ) -> None:
        self._uplinks = uplinks
        self._downlinks = downlinks
        self._workers = tuple(workers)
        self._emit = emit
        self._receptions: dict[str, Reception] = {}
        self._levels: dict[str, int] = {}
        self._detectors: dict[str, SpeakerDetector] = {}
        """By Session."""

    async def rate(self, interval_s: int) -> None:
        """Rate each publisher's network every *interval_s*, until cancelled."""
        while True:
            await trio.sleep(interval_s)
            isolated_call("network quality", self._rate_all)

    def _rate_all(self) -> None:
        round_trips_ms = {downlink.client_id: downlink.round_trip_ms for downlink in self._downlinks.values()}
        before, self._receptions = self._receptions, {}
        self._levels = {link_id: level for link_id, level in self._levels.items() if link_id in self._uplinks}
        for link_id, uplink in self._uplinks.items():
            now = self._receptions[link_id] = reception_of(uplink.describe_tracks())
            # What comes from a publisher tells no round trip; that of what goes to it is over the same network.
            level = level_of(before.get(link_id), now, round_trips_ms.get(uplink.client_id, 0))
            if level is not None and level != self._levels.get(link_id):
                self._levels[link_id] = level
                self._emit(UplinkRated(link_id, level))

    async def listen(self) -> None:
        """Find out who speaks in each Session, until cancelled."""
        while True:
            await trio.sleep(STEP_S)
            isolated_call("active speaker", self._listen_once)

    def _listen_once(self) -> None:
        heard = {worker: worker.fastpath.take_loudness() for worker in self._workers}
        sessions: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for link_id, uplink in self._uplinks.items():
            loudness = heard[uplink.association.worker].get(uplink.track_handles.get("audio", 0), 0.0)
            sessions[uplink.session_id][link_id] = loudness
        # A Session whose last publisher went is looked at once more.
        for session_id in self._detectors.keys() | sessions.keys():
            self._step(session_id, sessions.get(session_id, {}))

    def _step(self, session_id: str, loudness: Mapping[str, float]) -> None:
        detector = self._detectors.setdefault(session_id, SpeakerDetector())
        before = detector.speaker
        detector.step(loudness)
        if detector.speaker != before:
            self._emit(SpeakerChanged(session_id, detector.speaker))
        if not loudness:
            del self._detectors[session_id]
