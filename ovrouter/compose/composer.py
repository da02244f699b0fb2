"""Many streams in, one picture and one sound out, by time. Cold."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from av import VideoFrame

from ovrouter.compose.grid import Grid
from ovrouter.compose.participant import Participant
from ovrouter.compose.timeline import CHANNELS, SAMPLE_RATE_HZ, Samples, sample_at
from ovrouter.depacketize import MediaFrame

__all__ = ["PLAYOUT_DELAY_US", "Composer", "Sink"]

PLAYOUT_DELAY_US = 700_000
"""How long after its capture a frame may come out of its jitter buffer and still be seen and heard in time."""
_MAX_LAG_US = 500_000
"""A machine too slow for the frame rate leaves pictures out beyond this; sound never."""
_LONGEST_BLOCK = SAMPLE_RATE_HZ // 10
"""Samples mixed at once."""


class Sink(Protocol):
    """Where a composition goes. Times count from its beginning."""

    size: tuple[int, int] | None
    """Width and height in pixels, both even; None without video."""
    frame_rate: int

    def write_picture(self, frame: VideoFrame, index: int) -> None:
        """Picture number *index*; the frame's memory is drawn over after the call."""

    def write_sound(self, samples: Samples, position: int) -> None:
        """Samples that follow the last ones; the first has number *position*."""


class Composer:
    """Streams kept decoded, and the composition that is being made of them.

    Time is an argument: ``receive`` frames as they come, ``advance`` at least ten times a second. What leaves the
    composer is PLAYOUT_DELAY_US behind, so that jitter is out of sight.
    """

    def __init__(self, now_us: int) -> None:
        self._participants: dict[str, Participant] = {}
        self._next_sample = sample_at(now_us - PLAYOUT_DELAY_US)
        self._sink: Sink | None = None
        self._grid: Grid | None = None
        self._began_us = 0
        self._next_picture = 0

    @property
    def awaiting_keyframes(self) -> list[str]:
        """Ids of those whose publishers should send a keyframe."""
        return [id_ for id_, participant in self._participants.items() if participant.awaits_keyframe]

    def add(self, id_: str, participant: Participant) -> None:
        """Give a stream its place, after the others."""
        self._participants[id_] = participant

    def remove(self, id_: str) -> None:
        """Take a stream out; an unknown one is fine."""
        self._participants.pop(id_, None)

    def switch_video(self, id_: str, *, is_on: bool) -> None:
        """The publisher of *id_* muted or unmuted its camera."""
        if id_ in self._participants:
            self._participants[id_].switch_video(is_on=is_on)

    def receive(self, id_: str, frame: MediaFrame) -> None:
        """Take a frame of a stream; one of an unknown stream is left out."""
        if id_ in self._participants:
            self._participants[id_].receive(frame)

    def start(self, sink: Sink, now_us: int) -> None:
        """Begin to write what happens from now on."""
        self._sink = sink
        self._grid = Grid(*sink.size) if sink.size else None
        self._began_us = now_us
        self._next_picture = 0

    def advance(self, now_us: int) -> None:
        """Write what is due."""
        self._proceed(now_us - PLAYOUT_DELAY_US, max_lag_us=_MAX_LAG_US)

    def stop(self, now_us: int) -> None:
        """Write all up to now, as far as it has come, and then nothing more."""
        self._proceed(now_us, max_lag_us=_MAX_LAG_US + PLAYOUT_DELAY_US)
        self._sink = self._grid = None

    def _proceed(self, due_us: int, *, max_lag_us: int) -> None:
        if self._sink is not None and self._grid is not None:
            self._write_pictures(self._sink, self._grid, due_us, max_lag_us)
        self._mix(due_us)
        self._show(due_us)

    def _write_pictures(self, sink: Sink, grid: Grid, due_us: int, max_lag_us: int) -> None:
        # Shown is what is nearest in time: the last picture before would be late for its sound by as much on average.
        half_a_picture_us = 500_000 // sink.frame_rate
        while (picture_us := self._began_us + self._next_picture * 1_000_000 // sink.frame_rate) <= due_us:
            # In the order of time, so that the container need not hold one back for the other.
            self._mix(picture_us)
            if due_us - picture_us < max_lag_us:
                self._show(picture_us + half_a_picture_us)
                grid.draw(self._participants)
                sink.write_picture(grid.frame, self._next_picture)
            self._next_picture += 1

    def _show(self, due_us: int) -> None:
        for participant in self._participants.values():
            participant.advance(due_us)

    def _mix(self, to_us: int) -> None:
        """Mix the sound up to *to_us*; without a sink, and before its beginning, it is dropped."""
        while (count := min(sample_at(to_us) - self._next_sample, _LONGEST_BLOCK)) > 0:
            mix = np.zeros((count, CHANNELS), np.float32)
            for participant in self._participants.values():
                mix += participant.sound.read(self._next_sample, count)
            position = self._next_sample - sample_at(self._began_us)
            early = max(0, -position)
            if self._sink is not None and early < count:
                self._sink.write_sound(_limited(mix[early:]), position + early)
            self._next_sample += count


def _limited(mix: Samples) -> Samples:
    """Bend loud peaks instead of cutting them; what is below half of full scale stays as it is."""
    loud = np.abs(mix) > 0.5
    if loud.any():
        mix[loud] = np.sign(mix[loud]) * (0.5 + 0.5 * np.tanh((np.abs(mix[loud]) - 0.5) / 0.5))
    return mix
