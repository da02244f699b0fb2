"""The table shows medians, and every result survives the way through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

from benchmarks.floor import FloorResult
from benchmarks.report import as_json, table, warnings
from benchmarks.scenario import Joins, Plan, RoomResult
from benchmarks.step import Delays, Step

DELAYS = Delays(p50_us=100.0, p99_us=200.0, max_us=3000.0, samples=50, corrupt=0)
STEP = Step(
    subscribers=25,
    load=4.0,
    seconds=2.0,
    sent_packets=2000,
    expected_packets=50_000,
    forwarded_packets=50_000,
    forwarded_in_time_packets=50_000,
    duplicates=0,
    reordered=0,
    delays=DELAYS,
    skipped_frames=0,
    router_core_busy=0.9,
    load_core_busy=0.5,
    router_cpu_us_per_packet=2.0,
)
FLOOR = FloorResult(25, 50_000.0, 1.25, 2.4, 1.0, DELAYS)


def lines(result: RoomResult) -> dict[str, str]:
    """The table's rows of one room by their label."""
    rows = (line.rsplit("  ", 1) for line in table([result]).splitlines()[1:])
    return {label.strip(): cell.strip() for label, cell in rows}


def test_medians_and_ratio_to_the_floor() -> None:
    fast, slow = replace(STEP, seconds=1.0), replace(STEP, seconds=4.0)
    result = RoomResult(25, Joins(5.0, 40.0, 2048), highest=[fast, slow, STEP], light=[STEP], floor=[FLOOR])
    shown = lines(result)
    assert shown["highest loss-free packets/s forwarded"] == "25,000"
    assert shown["of the floor's"] == "50%"
    assert shown["delay µs p50 / p99 / max: one publisher"] == "100 / 200 / 3,000"
    assert (shown["memory per subscriber, KiB"], shown["joins/s"]) == ("2", "5.0")


def test_a_router_elsewhere_and_one_that_never_kept_up_leave_gaps() -> None:
    elsewhere = replace(STEP, router_cpu_us_per_packet=None)
    shown = lines(RoomResult(25, Joins(5.0), light=[elsewhere], floor=[FLOOR]))
    assert shown["highest loss-free packets/s forwarded"] == "-"
    assert shown["with one publisher's traffic"] == "-"
    assert shown["memory per subscriber, KiB"] == "-"


def test_a_shared_core_and_a_slow_generator_are_warned_of() -> None:
    quiet = replace(STEP, router_core_busy=0.08)  # 25,000 packets/s x 2 us is 5 %
    result = RoomResult(25, Joins(5.0), highest=[quiet], trials=[quiet], floor=[FLOOR])
    assert warnings([result]) == []
    result.highest.append(STEP)
    result.trials.append(replace(STEP, skipped_frames=1))
    neighbours, generator = warnings([result])
    assert "85%" in neighbours
    assert "could not keep up" in generator


def test_results_are_json() -> None:
    result = RoomResult(25, Joins(5.0), trials=[STEP], floor=[FLOOR])
    written = json.loads(json.dumps(as_json(Plan(), [result])))
    assert written["rooms"][0]["trials"][0]["forwarded_packets"] == 50_000
    assert written["machine"]["kernel"]


def test_loss_queues_and_a_slow_generator_are_no_success() -> None:
    assert STEP.is_loss_free
    assert not replace(STEP, forwarded_packets=49_900).is_loss_free
    assert not replace(STEP, skipped_frames=1).is_loss_free
    assert not replace(STEP, delays=replace(DELAYS, p50_us=20_000.0)).is_loss_free
    assert not replace(STEP, delays=replace(DELAYS, corrupt=1)).is_loss_free
    assert replace(STEP, forwarded_packets=49_951).is_loss_free
