"""How good a publisher's network is, from 0 to 5 (cold). The scale is OpenVidu's, the bounds are ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Reception", "level_of", "reception_of"]

BROKEN: Final = 0
BAD: Final = 1
BOUNDS: Final = (
    (5, 0.01, 20, 200),
    (4, 0.03, 40, 350),
    (3, 0.08, 80, 600),
    (2, 0.20, 160, 1000),
)
"""Level, and the most it takes: share of packets lost before repair, jitter of audio in ms, round trip in ms."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What has come from a publisher so far, before repair."""

    arrived_packets: int
    lost_packets: int
    audio_jitter_ms: float
    """Of audio only: that of video tells how large its frames are."""


def reception_of(tracks: Mapping[str, Iterable[Mapping[str, Any]]]) -> Reception:
    """Sum up the fast path's descriptions of the layers of each track, by kind."""
    layers = [layer for track in tracks.values() for layer in track]
    repaired = sum(layer["repaired_packets"] for layer in layers)
    return Reception(
        arrived_packets=sum(layer["received_packets"] for layer in layers) - repaired,
        lost_packets=sum(layer["lost_packets"] for layer in layers) + repaired,
        audio_jitter_ms=max((layer["jitter_us"] / 1000 for layer in tracks.get("audio", ())), default=0.0),
    )


def level_of(before: Reception | None, now: Reception, round_trip_ms: int) -> int | None:
    """Rate what happened between two looks; None while nothing has come yet, or it began anew in between.

    *round_trip_ms*: 0 if it is not known.
    """
    if before is None or before.arrived_packets == 0:
        return None
    arrived = now.arrived_packets - before.arrived_packets
    if arrived <= 0:
        return BROKEN if arrived == 0 else None
    lost = max(0, now.lost_packets - before.lost_packets)
    loss = lost / (lost + arrived)
    for level, most_loss, most_jitter_ms, most_round_trip_ms in BOUNDS:
        if loss <= most_loss and now.audio_jitter_ms <= most_jitter_ms and round_trip_ms <= most_round_trip_ms:
            return level
    return BAD
