"""The tables show medians and ratios, and every result survives the way through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks.report import FIGURES, against_peers, as_json, tables, warnings
from benchmarks.room import Shape
from benchmarks.routers.contract import RouterKind
from benchmarks.scenario import Case, CaseResult, Joins, Plan, RouterResult
from benchmarks.step import Step
from tests.unit.benchmarks.results import DELAYS, FLOOR, STEP

CASE = Case(Shape(1, 25))


def measured(name: str, *steps: Step) -> RouterResult:
    return RouterResult(name, "SRTP_X", [Joins(5.0, 40.0)], [2048], highest=list(steps), light=list(steps))


def cells(result: CaseResult) -> dict[str, list[str]]:
    """The table's rows by their label."""
    lines = [line for line in tables([result]).splitlines() if line.startswith("|")]
    rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {label: values for label, *values in rows}


def test_a_row_has_the_medians_and_the_ratio_to_the_best_peer() -> None:
    fast, slow = replace(STEP, seconds=1.0), replace(STEP, seconds=4.0)
    peer, weak = replace(STEP, router_cpu_us_per_packet=8.0), replace(STEP, router_cpu_us_per_packet=9.0, seconds=5.0)
    routers = [measured("ovrouter", fast, slow, STEP), measured("Janus", weak), measured("Pion", peer)]
    shown = cells(CaseResult(CASE, routers, [FLOOR]))
    assert shown["highest loss-free packets/s"] == ["25,000", "10,000", "25,000", "1.00"]
    assert shown["at the highest load"] == ["2.00", "9.00", "8.00", "0.25"]
    assert shown["SRTP profile"][:2] == ["X", "X"]
    assert shown["memory per subscription, KiB"][:2] == ["2", "2"]
    assert shown["CPU at the highest load, times the floor's"][0] == "1.60"
    assert shown["CPU at one publisher's traffic, times the floor's"][0] == "1.25"


@pytest.mark.parametrize("names", [("ovrouter",), ("Janus", "Pion")])
def test_there_is_no_ratio_without_both_sides(names: tuple[str, ...]) -> None:
    result = CaseResult(CASE, [measured(name, STEP) for name in names])
    assert against_peers(FIGURES["rate"], result) is None
    assert len(cells(result)["joins/s"]) == len(names)


def test_a_router_elsewhere_and_one_that_never_kept_up_leave_gaps() -> None:
    elsewhere = replace(STEP, router_cpu_us_per_packet=None, router_core_busy=None)
    result = RouterResult("https://router", joins=[Joins(5.0)], trials=[elsewhere], light=[elsewhere])
    shown = cells(CaseResult(CASE, [result], [FLOOR]))
    assert shown["highest loss-free packets/s"][0] == "-"
    assert shown["CPU µs/packet: one publisher's traffic"][0] == "-"
    assert shown["memory per subscription, KiB"][0] == "-"
    assert shown["joins/s"][0] == "5.0"


def test_a_shared_core_a_slow_generator_and_a_failed_turn_are_warned_of() -> None:
    quiet = replace(STEP, router_core_busy=0.08)  # 25,000 packets/s x 2 us is 5 %
    router = measured("ovrouter", quiet)
    router.trials.append(quiet)
    assert warnings([CaseResult(CASE, [router])]) == []
    router.highest.append(STEP)
    router.trials.append(replace(STEP, skipped_frames=1))
    router.failures.append("PeerFailed: no DTLS answer")
    failed, neighbours, generator = warnings([CaseResult(CASE, [router])])
    assert failed == "ovrouter, 1→25: PeerFailed: no DTLS answer"
    assert "85%" in neighbours
    assert "could not keep up" in generator


def test_results_are_json() -> None:
    result = RouterResult("ovrouter", joins=[Joins(5.0)], trials=[STEP])
    kinds = [RouterKind("Janus", open=lambda _core: None, missing="apt-get install janus")]
    plan = Plan((CASE,))
    written = json.loads(json.dumps(as_json({"kernel": "6"}, kinds, plan, [CaseResult(CASE, [result], [FLOOR])])))
    assert written["cases"][0]["routers"][0]["trials"][0]["forwarded_packets"] == 50_000
    assert written["cases"][0]["case"]["shape"] == {"publishers": 1, "viewers": 25}
    assert written["routers"] == [{"name": "Janus", "version": "", "missing": "apt-get install janus"}]


def test_loss_queues_and_a_slow_generator_are_no_success() -> None:
    assert STEP.is_loss_free
    assert not replace(STEP, forwarded_packets=49_900).is_loss_free
    assert not replace(STEP, forwarded_packets=60_000).is_loss_free
    assert not replace(STEP, skipped_frames=1).is_loss_free
    slow = replace(DELAYS, p50_us=20_000.0)
    assert not replace(STEP, delays=slow).is_loss_free
    assert replace(STEP, delays=slow, load=1.0).is_loss_free, "the next frame comes after 33 ms"
    assert not replace(STEP, delays=replace(DELAYS, corrupt=1)).is_loss_free
    assert replace(STEP, forwarded_packets=49_951).is_loss_free
