"""The emulated network and its peers do what they are said to do."""

from itertools import groupby

import pytest

from benchmarks import rtcp
from benchmarks.congestion_table import judge
from benchmarks.simulation.cases import Case
from benchmarks.simulation.faults import Faults
from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.repair import RETRY_US, TRIES, Repair
from benchmarks.simulation.world import Sample, World

PACKETS = 100_000


@pytest.mark.parametrize("burst_packets", [1, 8])
def test_packets_are_lost_at_the_given_rate_and_in_runs_of_the_given_length(burst_packets):
    faults = Faults(loss=0.1, burst_packets=burst_packets)
    lost = [not faults.copies() for _ in range(PACKETS)]
    runs = [len(list(run)) for is_lost, run in groupby(lost) if is_lost]
    assert sum(lost) / PACKETS == pytest.approx(0.1, rel=0.1)
    assert sum(runs) / len(runs) == pytest.approx(burst_packets if burst_packets > 1 else 1 / 0.9, rel=0.1)


def test_packets_are_reordered_and_duplicated():
    faults = Faults(reordered=0.1, duplicated=0.2)
    copies = [faults.copies() for _ in range(PACKETS)]
    assert sum(copy[0] > 0 for copy in copies) / PACKETS == pytest.approx(0.1, rel=0.1)
    assert sum(len(copy) == 2 for copy in copies) / PACKETS == pytest.approx(0.2, rel=0.1)


def test_a_clean_path_delivers_everything_at_once():
    faults = Faults()
    assert [faults.copies() for _ in range(3)] == [[0]] * 3


def test_holes_are_asked_for_at_once_then_again_then_given_up():
    repair = Repair()
    for number in (65_534, 65_535, 2):
        repair.note(number, 0)
    asked = [repair.due(now_us) for now_us in range(0, (TRIES + 2) * RETRY_US, RETRY_US)]
    assert asked == [[65_536, 65_537]] * TRIES + [[], []]
    assert repair.given_up == 2


def test_what_came_is_not_asked_for():
    repair = Repair()
    for number in (5, 8, 6):
        repair.note(number, 0)
    assert repair.due(0) == [7]


def test_requests_for_packets_are_read_as_they_are_written():
    numbers = [65_534, 65_535, 65_536, 65_540]
    message = rtcp.nack(1, 2, numbers)
    assert rtcp.asks_for_packets(message) == [number & 0xFFFF for number in numbers]
    assert not rtcp.asks_for_key_frame(message)
    assert rtcp.asks_for_key_frame(rtcp.key_frame_request(1, 2))


def test_masks_of_requests_are_read():
    message = bytes.fromhex("81cd0003 00000001 00000002 fffe 8003".replace(" ", ""))
    assert rtcp.asks_for_packets(message) == [0xFFFE, 0xFFFF, 0, 14]


def test_a_bitrate_is_read_as_it_is_written():
    assert rtcp.remb_bps(rtcp.remb(1, [2], 131_072_000)) == 131_072_000
    assert rtcp.remb_bps(rtcp.key_frame_request(1, 2)) is None


def test_a_drop_is_answered_when_less_is_sent_than_passes():
    world, link = World(), Link(steps((0, 2), (5, 1)))
    flow = world.add_flow(link)
    flow.samples = [Sample(at, 1e6, 1.5e6 if at < 7 else 0.9e6, 0.0, 0) for at in range(12)]
    assert judge(Case("", "", 12, lambda _: link), world.flows, link).drop_answered_s == 2
