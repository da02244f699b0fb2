"""One clock for all tracks of a sender."""

from itertools import pairwise

import pytest

from ovrouter.depacketize.timeline import SenderClock, Timeline

SECOND = 1_000_000
NTP = 1_700_000_000 * SECOND


@pytest.fixture
def clock():
    return SenderClock()


def test_without_reports_time_begins_with_the_first_packet(clock):
    line = Timeline(clock, 90000)
    assert line.pts_us(1000, 5 * SECOND) == 5 * SECOND
    assert line.pts_us(1000 + 90000, 9 * SECOND) == 6 * SECOND
    assert not line.is_exact


@pytest.mark.parametrize("base", [0, 1000, 2**31 - 1, 2**32 - 45000])
def test_reports_put_tracks_of_one_sender_in_step(clock, base):
    """Sound and picture of one moment carry unrelated numbers, and the picture is slower to arrive."""
    sound, picture = Timeline(clock, 48000), Timeline(clock, 90000)
    sound.note_report((base + 480) & 0xFFFFFFFF, NTP + 10_000, 100 * SECOND)
    picture.note_report((base + 77777 + 900) & 0xFFFFFFFF, NTP + 10_000, 100 * SECOND)
    for second in range(3):
        heard = sound.pts_us((base + 48000 * second) & 0xFFFFFFFF, (100 + second) * SECOND + 20_000)
        seen = picture.pts_us((base + 77777 + 90000 * second) & 0xFFFFFFFF, (100 + second) * SECOND + 150_000)
        assert heard == seen == (100 + second) * SECOND - 10_000
    assert sound.is_exact


def test_what_a_late_report_says_is_made_up_for_little_by_little(clock):
    line = Timeline(clock, 90000)
    stamps = [line.pts_us(0, 200_000)]
    line.note_report(0, NTP, 100_000)
    stamps += [line.pts_us(9000 * step, 200_000 + 100_000 * step) for step in range(1, 40)]
    steps = [later - earlier for earlier, later in pairwise(stamps)]
    assert all(95_000 <= step <= 100_000 for step in steps)
    assert stamps[-1] == pytest.approx(100_000 + 39 * 100_000, abs=1000)


def test_time_never_goes_back(clock):
    line = Timeline(clock, 90000)
    line.note_report(0, NTP, SECOND)
    first = line.pts_us(90000, SECOND)
    assert line.pts_us(0, SECOND) == first


def test_a_drifting_clock_is_followed(clock):
    """The sender gains 100 ppm on us: after an hour that would be 0.36 s."""
    line = Timeline(clock, 90000)
    stamps = []
    for second in range(3600):
        arrival_us = 100 * SECOND + second * (SECOND + 100)
        line.note_report((90000 * second) & 0xFFFFFFFF, NTP + second * SECOND, arrival_us)
        stamps.append(line.pts_us((90000 * second) & 0xFFFFFFFF, arrival_us) - arrival_us)
    assert max(abs(stamp) for stamp in stamps) < 5_000


def test_one_late_report_changes_little(clock):
    line = Timeline(clock, 90000)
    line.note_report(0, NTP, 10 * SECOND)
    line.pts_us(0, 10 * SECOND)
    line.note_report(90000, NTP + SECOND, 11 * SECOND + 160_000)
    assert line.pts_us(90000, 11 * SECOND) == pytest.approx(11 * SECOND, abs=10_001)


def test_a_clock_that_was_set_is_taken_over(clock):
    clock.note(NTP, SECOND)
    clock.note(NTP + 3600 * SECOND, 2 * SECOND)
    assert clock.offset_us == 2 * SECOND - NTP - 3600 * SECOND
