import numpy as np
import pytest

from ovrouter.compose.timeline import CHANNELS, AudioTimeline

BLOCK = 960
HOUR = 3600 * 48_000


def tone(start, count, period=48):
    wave = np.sin(2 * np.pi * np.arange(start, start + count) / period).astype(np.float32)
    return np.stack([wave] * CHANNELS, axis=1)


def test_what_was_written_is_read_at_its_time_and_only_once():
    timeline = AudioTimeline()
    timeline.write(HOUR, tone(0, BLOCK))
    assert not timeline.read(HOUR - 100, 100).any()
    assert np.array_equal(timeline.read(HOUR, BLOCK), tone(0, BLOCK))
    assert not timeline.read(HOUR + BLOCK, BLOCK).any()
    assert not timeline.read(HOUR + AudioTimeline.LENGTH, BLOCK).any()


def test_blocks_whose_times_jitter_join_without_a_seam():
    timeline = AudioTimeline()
    for index in range(50):
        timeline.write(HOUR + index * BLOCK + (-1) ** index * 40, tone(index * BLOCK, BLOCK))
    assert np.allclose(timeline.read(HOUR + 40, 50 * BLOCK), tone(0, 50 * BLOCK))


@pytest.mark.parametrize("drift", [1.0005, 0.9995])
def test_a_drifting_clock_is_followed_without_a_click(drift):
    timeline = AudioTimeline()
    read = []
    for index in range(3000):
        timeline.write(HOUR + round(index * BLOCK * drift), tone(index * BLOCK, BLOCK))
        if index > 10:
            read.append(timeline.read(HOUR + (index - 11) * BLOCK, BLOCK))
    sound = np.concatenate(read)[BLOCK:, 0]
    steepest = 2 * np.pi / 48
    assert np.abs(np.diff(sound)).max() < 1.1 * steepest
    # A minute at 500 ppm is 30 ms; the sound must not be late or early by that.
    newest = timeline.read(HOUR + len(read) * BLOCK, 13 * BLOCK)
    written_to = np.flatnonzero(newest[:, 0])[-1] + len(read) * BLOCK
    assert abs(written_to - 3000 * BLOCK * drift) < 0.01 * 48_000


def test_a_leap_leaves_silence():
    timeline = AudioTimeline()
    timeline.write(HOUR, tone(1, BLOCK))
    timeline.write(HOUR + 10 * BLOCK, tone(1, BLOCK))
    sound = timeline.read(HOUR, 11 * BLOCK)
    assert sound[:BLOCK].any()
    assert not sound[BLOCK : 10 * BLOCK].any()
    assert sound[10 * BLOCK :].any()


def test_what_comes_too_late_or_is_far_ahead_is_left_out():
    timeline = AudioTimeline()
    timeline.read(HOUR, BLOCK)
    timeline.write(HOUR, tone(1, BLOCK))
    timeline.write(HOUR + 10 * AudioTimeline.LENGTH, tone(1, BLOCK))
    assert not timeline.read(HOUR + BLOCK, AudioTimeline.LENGTH).any()
    timeline.write(HOUR + BLOCK + AudioTimeline.LENGTH - 10, tone(1, 20))
    assert timeline.read(HOUR + BLOCK + AudioTimeline.LENGTH, BLOCK)[:10].all()
