"""Lossy paths in front of the shipped core, in virtual time: what a subscriber has after repair."""

import pytest

from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.lossy import PATHS, LossyPath, play
from benchmarks.simulation.world import World

DURATION_S = 25
REQUESTS_PER_S_MAX = 2


@pytest.mark.parametrize("is_uplink", [False, True], ids=["subscriber", "publisher"])
@pytest.mark.parametrize("path", [path for path in PATHS if path.required], ids=lambda path: path.name)
def test_video_is_repaired(path, is_uplink):
    outcome = play(path, is_uplink=is_uplink, duration_s=DURATION_S)
    assert outcome.delivered >= path.required
    assert outcome.keyframe_requests_per_s <= 0.1


@pytest.mark.parametrize("is_uplink", [False, True], ids=["subscriber", "publisher"])
def test_without_repair_the_same_loss_is_felt(is_uplink, monkeypatch):
    """The emulated network loses what it says; what the other tests see is repair."""
    monkeypatch.setattr("benchmarks.simulation.repair.Repair.due", lambda *_: [])
    monkeypatch.setattr("benchmarks.simulation.publisher.asks_for_packets", lambda _: [])
    outcome = play(LossyPath("", loss=0.10), is_uplink=is_uplink, duration_s=DURATION_S)
    assert outcome.delivered == pytest.approx(0.9, abs=0.02)


def test_a_hundred_lossy_subscribers_ask_the_publisher_for_two_keyframes_a_second_at_most():
    outcome = play(LossyPath("", loss=0.30), is_uplink=False, viewers=100, duration_s=8)
    assert 0 < outcome.keyframe_requests_per_s <= REQUESTS_PER_S_MAX


def test_repair_does_not_keep_a_queue_full():
    """A drop of capacity loses packets; sending them all again, and again, would go on losing."""
    world = World()
    link = Link(steps((0, 2.5), (10, 0.6)))
    flow = world.add_flow(link)
    world.run(30)
    waits = sorted(sample.queueing_ms for sample in flow.samples if sample.at_s >= 15)
    assert waits[int(0.95 * len(waits))] < 150
    assert link.dropped_packets < 200
