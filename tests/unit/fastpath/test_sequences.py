"""Source to subscriber numbering: no gap for what is left out, no number twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_sequences

STARTS = [0, 1, 100, 32766, 32767, 32768, 65534, 65535, 65536, 2**31, 2**32 - 2, 2**32]


@pytest.mark.parametrize("start", STARTS)
def test_drops_leave_no_gap(start):
    steps = [
        ("begin", start),
        ("map", start),
        ("drop", start + 1),
        ("drop", start + 2),
        ("map", start + 3),
        ("map", start + 4),
    ]
    assert probe_sequences(steps) == [start, start + 1, start + 2]


@pytest.mark.parametrize("start", STARTS)
def test_a_late_packet_finds_its_place_before_the_drop(start):
    steps = [
        ("begin", start),
        ("map", start),
        ("map", start + 2),
        ("drop", start + 3),
        ("map", start + 4),
        ("map", start + 1),
    ]
    assert probe_sequences(steps) == [start, start + 2, start + 3, start + 1]


@pytest.mark.parametrize("start", STARTS)
def test_a_dropped_packet_that_comes_again_stays_out(start):
    steps = [("begin", start), ("map", start), ("drop", start + 1), ("map", start + 2), ("map", start + 1)]
    assert probe_sequences(steps) == [start, start + 1, -1]


def test_what_precedes_the_beginning_is_not_sent():
    assert probe_sequences([("begin", 100), ("map", 99)]) == [-1]


@given(st.sampled_from(STARTS), st.lists(st.booleans(), min_size=1, max_size=500))
def test_in_order_numbers_are_consecutive(start, keeps):
    steps = [("begin", start)] + [("map" if keep else "drop", start + index) for index, keep in enumerate(keeps)]
    assert probe_sequences(steps) == list(range(start, start + sum(keeps)))
