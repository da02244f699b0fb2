import numpy as np
import pytest

from ovrouter.compose.page.hearing import HEARING_DELAY_US, Hearing
from ovrouter.compose.timeline import SAMPLE_RATE_HZ
from tests.unit.compose.media import SECOND_US, KeptOutput

CHUNK_S = 0.01
HOUR_US = 3600 * SECOND_US


def tone(begin_s, seconds):
    """16-bit stereo of 440 Hz, in chunks of CHUNK_S with the time at which each has been played."""
    chunk = round(CHUNK_S * SAMPLE_RATE_HZ)
    for first in range(0, round(seconds * SAMPLE_RATE_HZ), chunk):
        phase = 2 * np.pi * 440 * np.arange(first, first + chunk) / SAMPLE_RATE_HZ
        wave = (np.sin(phase) * 16384).astype("<i2")
        yield HOUR_US + round((begin_s + (first + chunk) / SAMPLE_RATE_HZ) * SECOND_US), np.repeat(wave, 2).tobytes()


def heard(chunks, seconds=2):
    """What a sink gets of (time of arrival, bytes) that begin with the hour."""
    hearing, output = Hearing(HOUR_US), KeptOutput()
    hearing.start(output, HOUR_US)
    for now_us, data in chunks:
        hearing.receive(data, now_us)
        hearing.advance(now_us)
    hearing.stop(HOUR_US + seconds * SECOND_US)
    return output.sound[:, 0]


def loud(sound):
    """First and last second with sound, and how much of what is between is silent."""
    places = np.flatnonzero(np.abs(sound) > 0.05)
    between = np.abs(sound[places[0] : places[-1]])
    return places[0] / SAMPLE_RATE_HZ, places[-1] / SAMPLE_RATE_HZ, np.mean(between < 0.01)


def test_silence_stands_for_what_was_not_played():
    sound = heard(tone(0.5, 1))
    assert len(sound) == 2 * SAMPLE_RATE_HZ
    begin, end, silent = loud(sound)
    assert begin == pytest.approx(0.5, abs=0.002)
    assert end == pytest.approx(1.5, abs=0.002)
    assert silent < 0.05


def test_chunks_may_be_cut_anywhere():
    whole = b"".join(data for _, data in tone(0, 0.2))
    now_us = HOUR_US + 200_000
    pieces = [(now_us, whole[place : place + 1001]) for place in range(0, len(whole), 1001)]
    assert np.abs(heard(pieces) - heard([(now_us, whole)])).max() < 0.6
    assert loud(heard(pieces))[2] < 0.05


def test_late_arrival_tears_no_hole_and_moves_nothing():
    calm, chunks = heard(tone(0.2, 1.5)), list(tone(0.2, 1.5))
    in_clumps = [(chunks[number // 7 * 7 + 6][0], data) for number, (_, data) in enumerate(chunks[:147])]
    assert np.array_equal(calm, heard([chunks[0], *in_clumps[1:], *chunks[147:]]))


def test_what_begins_late_is_put_right_by_what_comes_in_time():
    late = [(now_us + (50_000 if number < 3 else 0), data) for number, (now_us, data) in enumerate(tone(0.2, 8))]
    sound = heard(late, seconds=9)
    assert loud(sound)[1] == pytest.approx(8.2, abs=0.004)
    assert loud(sound)[2] < 0.05


def test_what_arrives_before_it_is_played_is_put_right_by_what_follows():
    early = [(now_us - (100_000 if number < 3 else 0), data) for number, (now_us, data) in enumerate(tone(0.2, 8))]
    sound = heard(early, seconds=9)
    assert loud(sound)[1] == pytest.approx(8.2, abs=0.004)
    assert loud(sound)[2] < 0.05


def test_a_pause_of_the_sound_card_is_silence():
    sound = heard([*tone(0.1, 0.5), *tone(1.2, 0.5)])
    assert np.abs(sound[round(0.7 * SAMPLE_RATE_HZ) : round(1.1 * SAMPLE_RATE_HZ)]).max() == 0
    assert loud(sound)[1] == pytest.approx(1.7, abs=0.002)


def test_what_was_played_before_the_start_is_not_heard():
    hearing, output = Hearing(HOUR_US), KeptOutput()
    for now_us, data in tone(0, 1):
        if now_us == HOUR_US + SECOND_US // 2:
            hearing.start(output, now_us)
        hearing.receive(data, now_us)
        hearing.advance(now_us)
    hearing.advance(HOUR_US + SECOND_US + HEARING_DELAY_US)
    assert len(output.sound) == SAMPLE_RATE_HZ // 2
    assert loud(output.sound[:, 0])[:2] == pytest.approx((0, 0.5), abs=0.002)
