"""What is left of a publisher's video after loss on either side and its repair (cold)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.simulation.faults import Faults
from benchmarks.simulation.link import Link
from benchmarks.simulation.world import EPOCH_US, Flow, World

__all__ = ["PATHS", "LossyPath", "Outcome", "begin", "judge", "play"]

MBPS: Final = 1e6
DELAY_US: Final = 25_000
DURATION_S: Final = 40
SETTLED_S: Final = 5
PLAYED_US: Final = 500_000
"""What comes later than this after it was sent is not shown: a round trip of 100 ms, repaired four times."""
NEVER: Final = 1 << 60


@dataclass(frozen=True)
class LossyPath:
    """What befalls packets, both ways, on the publisher's side or the subscriber's."""

    name: str
    loss: float = 0.0
    burst_packets: float = 1.0
    reordered: float = 0.0
    duplicated: float = 0.0
    required: float = 0.0
    """Share of the packets that is to be delivered."""

    @property
    def is_random(self) -> bool:
        """Packets are lost one by one, and nothing else happens."""
        return bool(self.loss) and self.burst_packets == 1 and not self.reordered and not self.duplicated

    def link(self, seed: int) -> Link:
        """One direction."""
        faults = Faults(self.loss, self.burst_packets, self.reordered, duplicated=self.duplicated, seed=seed)
        return Link(lambda _: 5 * MBPS, delay_us=DELAY_US, faults=faults)


PATHS: Final = (
    LossyPath("1 % lost", loss=0.01, required=0.995),
    LossyPath("5 % lost", loss=0.05, required=0.995),
    LossyPath("10 % lost", loss=0.10, required=0.98),
    LossyPath("20 % lost", loss=0.20, required=0.90),
    LossyPath("30 % lost", loss=0.30),
    LossyPath("5 % lost, in bursts of 8", loss=0.05, burst_packets=8, required=0.995),
    LossyPath("10 % reordered by 30 ms", reordered=0.10, required=0.995),
    LossyPath("10 % duplicated", duplicated=0.10, required=0.995),
    LossyPath("5 % lost, 5 % reordered, 5 % duplicated", loss=0.05, reordered=0.05, duplicated=0.05, required=0.995),
)


@dataclass(frozen=True)
class Outcome:
    """Of one subscriber, or the worst of several."""

    delivered: float
    """Packets that came in time, of those that the publisher sent."""
    keyframe_requests_per_s: float
    """That reached the publisher."""
    received_bps: float


def play(path: LossyPath, *, is_uplink: bool, viewers: int = 1, duration_s: float = DURATION_S) -> Outcome:
    """A publisher of 1.5 Mbit/s and its viewers, all behind links of their own, for a while."""
    world = World()
    flow = begin(world, path, is_uplink=is_uplink)
    for viewer in range(1, viewers):
        world.add_viewer(flow, path.link(10 * viewer + 1), path.link(10 * viewer + 2))
    world.run(duration_s)
    return judge(world.flows, duration_s)


def begin(world: World, path: LossyPath, *, is_uplink: bool) -> Flow:
    """A publisher of 1.5 Mbit/s and a subscriber, one of them behind the path."""
    clean = LossyPath("clean")
    up, down = (path, clean) if is_uplink else (clean, path)
    return world.add_flow(down.link(1), down.link(2), uplink=up.link(3), downlink=up.link(4), keyframe_us=NEVER)


def judge(flows: Sequence[Flow], duration_s: float) -> Outcome:
    """Of what happened after the start."""
    return Outcome(
        delivered=min(delivered(flow, duration_s) for flow in flows),
        keyframe_requests_per_s=flows[0].publisher.keyframe_requests / duration_s,
        received_bps=flows[0].subscriber.received_bytes * 8 / duration_s,
    )


def delivered(flow: Flow, duration_s: float) -> float:
    """The share of the packets between the start and the end that came in time."""
    first_us, past_last_us = EPOCH_US + SETTLED_S * 1e6, EPOCH_US + duration_s * 1e6 - PLAYED_US
    sent = {i: sent_us for i, sent_us in enumerate(flow.publisher.sent_us) if first_us <= sent_us < past_last_us}
    came_us = flow.subscriber.delivered_us
    in_time = [index for index, sent_us in sent.items() if came_us.get(index, NEVER) + EPOCH_US <= sent_us + PLAYED_US]
    return len(in_time) / len(sent)
