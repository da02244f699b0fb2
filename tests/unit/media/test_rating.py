"""From what came of a publisher's packets to a level from 0 to 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter.media.rating import Reception, level_of, reception_of

BEFORE = Reception(1000, 10, 0.0)


def after(arrived=1000, lost=0, jitter_ms=5.0):
    return Reception(BEFORE.arrived_packets + arrived, BEFORE.lost_packets + lost, jitter_ms)


@pytest.mark.parametrize(
    ("figures", "round_trip_ms", "level"),
    [
        ({}, 0, 5),
        ({}, 200, 5),
        ({"lost": 10}, 0, 5),
        ({"lost": 12}, 0, 4),
        ({"jitter_ms": 30}, 0, 4),
        ({}, 300, 4),
        ({"lost": 50}, 0, 3),
        ({"lost": 150}, 0, 2),
        ({"lost": 300}, 0, 1),
        ({"jitter_ms": 200}, 0, 1),
        ({}, 2000, 1),
        ({"arrived": 0}, 0, 0),
        ({"arrived": 0, "lost": 50}, 0, 0),
    ],
)
def test_levels(figures, round_trip_ms, level):
    assert level_of(BEFORE, after(**figures), round_trip_ms) == level


def test_nothing_is_rated_before_anything_has_come():
    assert level_of(None, after(), 0) is None
    assert level_of(Reception(0, 0, 0.0), Reception(500, 0, 0.0), 0) is None
    assert level_of(Reception(0, 0, 0.0), Reception(0, 0, 0.0), 0) is None


def test_a_stream_that_began_anew_is_rated_from_the_next_look_on():
    assert level_of(BEFORE, Reception(10, 0, 0.0), 0) is None


COUNTS = st.integers(0, 10_000)
DELAYS = st.integers(0, 5000)


@given(COUNTS.filter(bool), COUNTS, COUNTS, DELAYS, DELAYS, DELAYS, DELAYS)
def test_worse_figures_never_make_a_better_level(arrived, lost, more, jitter_ms, more_jitter_ms, trip_ms, more_trip_ms):
    good = level_of(BEFORE, after(arrived, lost, jitter_ms), trip_ms)
    worse = level_of(BEFORE, after(arrived, lost + more, jitter_ms + more_jitter_ms), trip_ms + more_trip_ms)
    assert 1 <= worse <= good <= 5


def test_loss_counts_before_repair_and_jitter_of_audio_only():
    def layer(received, lost, repaired, jitter_ms):
        counts = {"received_packets": received, "lost_packets": lost, "repaired_packets": repaired}
        return counts | {"jitter_us": jitter_ms * 1000}

    tracks = {"audio": [layer(50, 2, 0, 7)], "video": [layer(90, 1, 9, 40), layer(10, 0, 0, 90)]}
    assert reception_of(tracks) == Reception(50 + 81 + 10, 2 + 10, 7.0)
    assert reception_of({"video": [layer(1, 0, 0, 40)]}) == Reception(1, 0, 0.0)
