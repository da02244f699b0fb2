"""The scorecard judges what the samples say."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks import __main__ as cli
from benchmarks import real_table
from benchmarks.congestion_table import judge, table
from benchmarks.results import kept
from benchmarks.simulation.cases import CASES
from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.tcp import TcpFlow
from benchmarks.simulation.world import Sample, World

CASE = replace(CASES[0], duration_s=20)


def flows(*rates_bps):
    world = World()
    link = Link(steps((0, 1)))
    for rate_bps in rates_bps:
        flow = world.add_flow(link)
        flow.samples = [Sample(second, rate_bps * (second >= 3), rate_bps, float(second), 0) for second in range(20)]
    return world.flows, link


def test_a_flow_is_judged_against_its_bottleneck():
    score = judge(CASE, *flows(900_000))
    assert score.utilisation == pytest.approx(0.9)
    assert score.convergence_s == 3
    assert score.queueing_p95_ms == 19


def test_unequal_shares_are_unfair():
    assert judge(CASE, *flows(500_000, 500_000)).fairness == pytest.approx(1)
    assert judge(CASE, *flows(900_000, 100_000)).fairness == pytest.approx(1 / 1.64)


def test_the_table_has_a_row_per_case():
    score = judge(CASE, *flows(900_000))
    assert "| 5.1 | variable capacity, one flow | 90% | 19 ms | 3.0 s | 1.00 |  |" in table([(CASE, score)])


def test_the_emulated_tcp_fills_a_link_and_halves_on_loss():
    world = World()
    link = Link(steps((0, 2)))
    tcp = TcpFlow(world, link)
    world.run(30)
    assert tcp.acked_bytes * 8 / 30 == pytest.approx(2e6, rel=0.15)
    assert link.dropped_packets > 0
    assert tcp.threshold < float("inf")


def test_a_short_tcp_flow_ends():
    world = World()
    tcp = TcpFlow(world, Link(steps((0, 2))), left_bytes=150_000)
    world.run(5)
    assert tcp.is_done
    assert tcp.acked_bytes == 150_000


def test_a_link_delays_queues_and_drops():
    link = Link(steps((0, 1)), delay_us=10_000, queue_us=20_000)
    arrivals = [link.carry(1250, 0) for _ in range(5)]
    assert arrivals == [[20_000], [30_000], [40_000], [], []]
    assert link.queueing_us(5_000) == 25_000


@pytest.mark.parametrize(
    ("user", "tool", "reason"),
    [(1000, "/bin/x", "it needs root"), (0, None, "it needs root and ip, tc, nft, sysctl"), (0, "/bin/x", "")],
)
def test_what_keeps_the_real_part_from_running_is_told(monkeypatch, user, tool, reason):
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr("shutil.which", lambda _: tool)
    assert real_table.missing() == reason


def test_the_scores_are_on_the_page_and_kept_for_the_goals(monkeypatch, tmp_path):
    score = judge(CASE, *flows(900_000))
    monkeypatch.setattr("benchmarks.results.RESULTS", tmp_path)
    monkeypatch.setattr("benchmarks.congestion_table.run", lambda: [(CASE, score)])
    monkeypatch.setattr("benchmarks.loss_table.section", lambda: "# Losses\n")
    monkeypatch.setattr("benchmarks.real_table.missing", lambda: "it needs root")
    page = tmp_path / "page.md"
    assert cli.main(["scorecard", "--page", str(page)]) == 0
    assert "| 5.1 | variable capacity, one flow | 90% |" in page.read_text()
    assert page.read_text().endswith("Not run: it needs root.\n")
    assert kept("scorecard", tmp_path)["emulated"]["5.1"]["utilisation"] == pytest.approx(0.9)
    assert kept("scorecard", tmp_path)["real"] == {}


def test_the_page_says_how_late_the_peers_were():
    world = SimpleNamespace(late_us=[0, 10_000, 10_001, 60_000])
    assert "late by 60 ms at worst, by more than 10 ms in 50.0% of its steps" in real_table._late(world)


@pytest.mark.parametrize(("late", "is_said"), [(5, False), (6, True)])
def test_the_page_says_when_the_machine_was_too_busy(late, is_said):
    world = SimpleNamespace(late_us=[20_000] * late + [0] * (100 - late))
    assert ("Too busy" in real_table._late(world)) == is_said
