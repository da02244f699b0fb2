"""Subscribers without transport-wide feedback, in virtual time: their own estimate bounds what they are sent."""

from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.remb_subscriber import RembSubscriber
from benchmarks.simulation.world import World


def flow_over(link, duration_s):
    world = World()
    flow = world.add_flow(link, kind=RembSubscriber)
    world.run(duration_s)
    return flow


def received_bps(flow, from_s, to_s):
    values = [sample.received_bps for sample in flow.samples if from_s <= sample.at_s < to_s]
    return sum(values) / len(values)


def test_a_wide_link_is_left_to_the_publisher():
    flow = flow_over(Link(steps((0, 3))), 20)
    assert received_bps(flow, 8, 20) > 1_500_000


def test_a_narrow_link_is_filled_without_a_standing_queue():
    flow = flow_over(Link(steps((0, 0.8))), 40)
    waits = sorted(sample.queueing_ms for sample in flow.samples if sample.at_s > 10)
    assert received_bps(flow, 10, 40) > 550_000
    assert waits[len(waits) // 2] < 80
    assert waits[int(0.95 * len(waits))] < 250


def test_room_that_comes_back_is_found_by_lasting_padding():
    flow = flow_over(Link(steps((0, 2.5), (10, 0.6), (30, 2.5))), 50)
    assert received_bps(flow, 20, 30) < 700_000
    assert received_bps(flow, 42, 50) > 1_400_000
