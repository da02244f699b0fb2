"""Looks at subscriptions every second, and remembers what each was like (warm)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import trio

from ovrouter.isolate import isolated_call
from ovrouter.media.links import Downlink
from ovrouter.media.quality import QualityLog
from ovrouter.medianode import QualitySample

__all__ = ["DownlinkWatch"]

INTERVAL_S: Final = 1


class DownlinkWatch:
    """Of all downlinks of a media plane; *downlinks* are its own, by id."""

    def __init__(self, downlinks: Mapping[str, Downlink]) -> None:
        self._downlinks = downlinks
        self._log = QualityLog()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await trio.sleep(INTERVAL_S)
            isolated_call("quality", self._look, time.time_ns() // 1_000_000)

    def last(self, link_id: str, seconds: int) -> tuple[QualitySample, ...]:
        """The newest samples of a link, oldest first."""
        return self._log.last(link_id, seconds)

    def _look(self, now_ms: int) -> None:
        self._log.keep_only(self._downlinks)
        for link_id, downlink in self._downlinks.items():
            sample = downlink.sample_quality(now_ms)
            if sample is not None:
                self._log.add(link_id, sample)
