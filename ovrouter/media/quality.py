"""What each downlink was like, second by second, for the last hours (cold)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ovrouter.medianode import QUALITY_REASONS, Layer, QualitySample

__all__ = ["QualityLog", "sample_of"]

HISTORY_S: Final = 2 * 3600
BUDGET_BYTES: Final = 64 * 1024 * 1024
"""Of all links together; with many of them each remembers less."""
_PACKED: Final = struct.Struct("<QIIBHbbBHH")


class QualityLog:
    """Samples by link, packed: two hours of a link take 190 KiB."""

    def __init__(self, history_s: int = HISTORY_S, budget_bytes: int = BUDGET_BYTES) -> None:
        self._history_s = history_s
        self._budget_bytes = budget_bytes
        self._logs: dict[str, bytearray] = {}

    def add(self, link_id: str, sample: QualitySample) -> None:
        """Append a sample; the oldest ones go when there is no room."""
        log = self._logs.setdefault(link_id, bytearray())
        log += _pack(sample)
        limit_bytes = min(self._history_s * _PACKED.size, self._budget_bytes // len(self._logs))
        if len(log) > limit_bytes * 5 // 4:
            # Not one by one: moving all the rest up costs the same for one as for many.
            del log[: len(log) - limit_bytes // _PACKED.size * _PACKED.size]

    def keep_only(self, link_ids: Iterable[str]) -> None:
        """Forget links that are gone."""
        for gone in self._logs.keys() - set(link_ids):
            del self._logs[gone]

    def last(self, link_id: str, count: int) -> tuple[QualitySample, ...]:
        """The newest samples of a link, oldest first."""
        log = self._logs.get(link_id, bytearray())
        return tuple(_unpack(values) for values in _PACKED.iter_unpack(log[max(0, len(log) - count * _PACKED.size) :]))


def sample_of(
    at_ms: int, track: Mapping[str, Any], before: Mapping[str, Any], client: Mapping[str, Any] | None, elapsed_s: float
) -> QualitySample:
    """Turn the fast path's counters of a down-track, now and a moment *before*, into a sample."""

    def added(name: str) -> int:
        return int(track[name] - before.get(name, 0))

    return QualitySample(
        at_ms=at_ms,
        estimate_kbps=int(client["estimate_bps"] // 1000) if client else 0,
        sent_kbps=int(added("sent_payload_bytes") * 8 / 1000 / elapsed_s),
        loss_percent=round(track["fraction_lost_256ths"] * 100 / 256),
        round_trip_ms=track["round_trip_us"] // 1000,
        layer=_layer_of(track["layer"]),
        wanted_layer=_layer_of(track["target_layer"]),
        reason=track["reason"],
        keyframe_requests=added("keyframe_requests"),
        freezes=added("freezes"),
    )


def _layer_of(point: tuple[int, int] | None) -> Layer | None:
    return None if point is None else Layer(*point)


def _pack_layer(layer: Layer | None) -> int:
    return -1 if layer is None else layer.spatial << 4 | layer.temporal


def _unpack_layer(packed: int) -> Layer | None:
    return None if packed < 0 else Layer(packed >> 4, packed & 0xF)


def _pack(sample: QualitySample) -> bytes:
    return _PACKED.pack(
        sample.at_ms,
        sample.estimate_kbps,
        sample.sent_kbps,
        sample.loss_percent,
        min(sample.round_trip_ms, 0xFFFF),
        _pack_layer(sample.layer),
        _pack_layer(sample.wanted_layer),
        QUALITY_REASONS.index(sample.reason),
        min(sample.keyframe_requests, 0xFFFF),
        min(sample.freezes, 0xFFFF),
    )


def _unpack(values: tuple[int, ...]) -> QualitySample:
    at_ms, estimate_kbps, sent_kbps, loss_percent, round_trip_ms, layer, wanted_layer, reason, *counts = values
    keyframe_requests, freezes = counts
    return QualitySample(
        at_ms,
        estimate_kbps,
        sent_kbps,
        loss_percent,
        round_trip_ms,
        _unpack_layer(layer),
        _unpack_layer(wanted_layer),
        QUALITY_REASONS[reason],
        keyframe_requests,
        freezes,
    )
