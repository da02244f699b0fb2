"""The shipped core over emulated links, in virtual time: what it sends follows what the path carries."""

import random

import pytest

from benchmarks.simulation.faults import Faults
from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.world import World


def flow_over(link, duration_s, *, cores=1, **options):
    world = World(cores=cores)
    flow = world.add_flow(link, **options)
    world.run(duration_s)
    return flow


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def received_bps(flow, from_s, to_s):
    return mean(sample.received_bps for sample in flow.samples if from_s <= sample.at_s < to_s)


def queueing_ms(flow, from_s, to_s, share=0.95):
    waits = sorted(sample.queueing_ms for sample in flow.samples if from_s <= sample.at_s < to_s)
    return waits[int(share * len(waits))]


def test_a_wide_link_is_left_to_the_publisher():
    flow = flow_over(Link(steps((0, 10))), 20)
    assert received_bps(flow, 5, 20) == pytest.approx(1_554_000, rel=0.02)
    assert flow.samples[-1].estimate_bps > 2_000_000


@pytest.mark.parametrize("cores", [1, 2])
def test_a_narrow_link_is_filled_without_a_standing_queue(cores):
    flow = flow_over(Link(steps((0, 1))), 60, cores=cores)
    assert received_bps(flow, 10, 60) > 850_000
    assert queueing_ms(flow, 10, 60) < 120


LARGE_KEYFRAMES = {"keyframe_size": 8, "keyframe_us": 3_000_000}


def test_large_frames_leave_over_time_and_do_not_stand_in_the_bottleneck():
    flow = flow_over(Link(steps((0, 1))), 60, **LARGE_KEYFRAMES)
    assert received_bps(flow, 10, 60) > 800_000
    assert queueing_ms(flow, 10, 60, share=0.5) < 10
    assert queueing_ms(flow, 10, 60) < 150


def test_what_leaves_later_leaves_complete():
    flow = flow_over(Link(steps((0, 1))), 60, **LARGE_KEYFRAMES)
    track = flow.subscriber.core.describe_down_track(flow.subscriber.down_track)
    in_flight = 20
    assert len(flow.publisher.sent_us) - in_flight <= track["sent_packets"] <= len(flow.publisher.sent_us)


@pytest.mark.parametrize("cores", [1, 2])
def test_a_drop_of_capacity_is_answered_at_once(cores):
    flow = flow_over(Link(steps((0, 2.5), (20, 0.6))), 40, cores=cores)
    answered = next(sample for sample in flow.samples if sample.at_s > 20 and sample.sent_bps <= 600_000)
    assert answered.at_s - 20 < 0.65
    assert queueing_ms(flow, 22, 40) < 60


def test_what_a_full_queue_lost_is_repaired_while_the_queue_drains():
    flow = flow_over(Link(steps((0, 2.5), (20, 0.6))), 24)
    since = [sample for sample in flow.samples if sample.at_s > 20.5]
    assert flow.forward.dropped_packets > 20
    assert max(sample.sent_bps for sample in since) < 1_000_000
    assert queueing_ms(flow, 22, 24) < 60


class JitteryLink(Link):
    """Each packet may be held up, and those behind it wait."""

    def __init__(self, mean_us, *arguments):
        super().__init__(*arguments)
        self.mean_us = mean_us
        self.chance = random.Random(1)
        self.last_us = 0

    def carry(self, size_bytes, now_us):
        late_us = self.chance.expovariate(1 / self.mean_us)
        self.last_us = max([self.last_us] + [at_us + int(late_us) for at_us in super().carry(size_bytes, now_us)])
        return [self.last_us]


def test_jitter_is_not_taken_for_drops_of_capacity():
    flow = flow_over(JitteryLink(50_000, steps((0, 3))), 60)
    assert mean(sample.estimate_bps for sample in flow.samples if sample.at_s > 10) > 210_000


def test_room_that_comes_back_is_found_by_probing():
    flow = flow_over(Link(steps((0, 0.6), (20, 2.5))), 40)
    assert received_bps(flow, 28, 40) > 1_400_000


@pytest.mark.parametrize("silent_us", [400_000, 500_000])
def test_the_silence_of_a_publisher_is_not_taken_for_a_narrow_path(silent_us):
    world = World()
    flow = world.add_flow(Link(steps((0, 0.6))))
    for begin_us in range(12_000_000, 60_000_000, 3_000_000):
        world.at(begin_us, set_paused, flow.publisher, True)
        world.at(begin_us + silent_us, set_paused, flow.publisher, False)
    world.run(60)
    assert min(sample.estimate_bps for sample in flow.samples if sample.at_s > 12) > 300_000
    assert queueing_ms(flow, 12, 60) < 120


def set_paused(publisher, is_paused, _now_us):
    publisher.is_paused = is_paused


def test_loss_that_a_lower_rate_does_not_cure_does_not_starve_the_flow():
    flow = flow_over(Link(steps((0, 3)), faults=Faults(loss=0.15)), 60)
    assert received_bps(flow, 30, 60) > 700_000


def test_loss_on_the_publishers_uplink_does_not_lower_the_estimate():
    flow = flow_over(Link(steps((0, 5))), 30, uplink=Link(steps((0, 5)), faults=Faults(loss=0.2)))
    assert flow.samples[-1].estimate_bps > 1_500_000


def test_two_flows_share_a_link_fairly():
    world = World()
    link = Link(steps((0, 2)))
    flows = [world.add_flow(link, start_s=start_s) for start_s in (0, 10)]
    world.run(90)
    shares = [received_bps(flow, 40, 90) for flow in flows]
    assert sum(shares) > 1_600_000
    assert min(shares) > 0.6 * max(shares)


def test_without_feedback_nothing_is_held_back():
    """A subscriber whose reports are all lost gets what is sent: silence is not congestion."""
    flow = flow_over(Link(steps((0, 3))), 10, backward=Link(lambda _: 1e9, faults=Faults(loss=1.0)))
    assert received_bps(flow, 6, 10) == pytest.approx(1_554_000, rel=0.05)
