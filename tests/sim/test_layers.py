"""Layers inside one stream over emulated links, in virtual time: what a path has room for, without flapping."""

import pytest

from benchmarks.simulation.layered_publisher import LayeredPublisher
from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.world import World

SAMPLE_US = 500_000


def flow_over(link, duration_s, **options):
    """The flow, and the layer it got in each half second."""
    world = World()
    flow = world.add_flow(link, publisher_kind=LayeredPublisher, max_bps=2_000_000, **options)
    layers = []

    def note(now_us):
        if now_us % SAMPLE_US == 0:
            layers.append(world.core.describe_down_track(flow.subscriber.down_track)["layer"])

    world.extras.append(note)
    world.run(duration_s)
    return flow, layers


def received_bps(flow, from_s, to_s):
    values = [sample.received_bps for sample in flow.samples if from_s <= sample.at_s < to_s]
    return sum(values) / len(values)


def queueing_ms(flow, from_s, to_s, share=0.95):
    waits = sorted(sample.queueing_ms for sample in flow.samples if from_s <= sample.at_s < to_s)
    return waits[int(share * len(waits))]


def test_a_wide_link_gets_every_layer():
    flow, layers = flow_over(Link(steps((0, 10))), 30)
    assert set(layers[-20:]) == {(2, 2)}
    assert flow.publisher.keyframe_requests <= 1


@pytest.mark.parametrize("capacity_mbps", [0.3, 0.6, 1.2])
def test_a_narrow_link_gets_what_fits_and_the_publisher_is_left_alone(capacity_mbps):
    flow, _ = flow_over(Link(steps((0, capacity_mbps))), 60)
    assert received_bps(flow, 20, 60) > 0.4e6 * capacity_mbps
    assert queueing_ms(flow, 20, 60) < 150
    assert flow.publisher.sent_bps == 2_000_000
    assert flow.publisher.keyframe_requests <= 6


def test_layers_come_back_with_the_capacity():
    flow, layers = flow_over(Link(steps((0, 0.5), (20, 5))), 50)
    assert max(layers[20:40]) < (2, 2)
    assert layers[-1] == (2, 2)
    assert flow.publisher.keyframe_requests <= 6
