"""The scorecard's second part: what is left of video after loss and its repair (warm)."""

from __future__ import annotations

from typing import Final

from benchmarks.simulation.lossy import PATHS, LossyPath, Outcome, play

__all__ = ["crowd_row", "row", "section"]

CROWD: Final = 100
CROWD_S: Final = 20

HEAD: Final = """## Loss and its repair

The same network. A publisher of 1.5 Mbit/s and a subscriber, 25 ms from the core each, ask for missing packets as
browsers do: at once, then every 100 ms, ten times. The faults are the subscriber's or the publisher's, and befall both
directions: requests and repairs get lost too. *Delivered* are packets that the subscriber had within 500 ms after they
were sent, of all that were sent after the first 5 s. With many subscribers it is the worst one's share.

| Faults | Delivered, subscriber's side | Delivered, publisher's side | Required | Keyframe requests/s |
|---|---|---|---|---|
"""


def section() -> str:
    """Play everything; the section as Markdown."""
    rows = [row(path, play(path, is_uplink=False), play(path, is_uplink=True)) for path in PATHS]
    crowded = [path for path in PATHS if path.is_random]
    rows += [crowd_row(path, play(path, is_uplink=False, viewers=CROWD, duration_s=CROWD_S)) for path in crowded]
    return HEAD + "\n".join(rows) + "\n"


def row(path: LossyPath, down: Outcome, up: Outcome) -> str:
    """One kind of faults, once on each side."""
    requests = max(down.keyframe_requests_per_s, up.keyframe_requests_per_s)
    return f"| {path.name} | {down.delivered:.2%} | {up.delivered:.2%} | {_required(path)} | {requests:.1f} |"


def crowd_row(path: LossyPath, down: Outcome) -> str:
    """Many subscribers that all have the faults."""
    requests = down.keyframe_requests_per_s
    return f"| {path.name}, {CROWD} subscribers | {down.delivered:.2%} | | {_required(path)} | {requests:.1f} |"


def _required(path: LossyPath) -> str:
    return f"{path.required:.1%}" if path.required else ""
