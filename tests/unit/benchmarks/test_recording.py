from dataclasses import replace

import pytest

from benchmarks.recording import MODES, Span, summary
from tests.unit.benchmarks.results import DELAYS, STEP


def spans(*p99_us: float) -> dict[str, Span]:
    steps = [replace(STEP, delays=replace(DELAYS, p99_us=delay)) for delay in p99_us]
    return {mode: Span(step, 10.0, 20.0) for mode, step in zip(MODES, steps, strict=True)}


def test_what_moved_is_compared_within_each_round() -> None:
    result = summary([spans(1000, 1100, 1000), spans(2000, 2000, 4000), spans(500, 1500, 600)])
    assert result["not recorded"]["p99_us"] == 1000
    assert result["not recorded"]["p99 / p99 not recorded"] == 1
    assert result["INDIVIDUAL"]["p99 / p99 not recorded"] == pytest.approx(1.1)
    assert result["COMPOSED"]["p99 / p99 not recorded"] == pytest.approx(1.2)
