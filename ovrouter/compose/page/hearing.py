"""Sound that is played now, by the time at which it is (cold)."""

from __future__ import annotations

import numpy as np

from ovrouter.compose.composer import Sink
from ovrouter.compose.timeline import CHANNELS, SAMPLE_RATE_HZ, AudioTimeline, Samples, sample_at

__all__ = ["Hearing"]

HEARING_DELAY_US = 500_000
"""How long after it was played sound may arrive and still be heard."""
_LEAP = SAMPLE_RATE_HZ // 4
_TOO_EARLY = SAMPLE_RATE_HZ // 100
_TRIAL = SAMPLE_RATE_HZ
_LONGEST_BLOCK = SAMPLE_RATE_HZ // 10
_SAMPLE_BYTES = 2 * CHANNELS


class Hearing:
    """Gives a sink every sample since its beginning; silence where nothing was played.

    A sound card that runs by this machine's clock gives samples without a gap while it plays. So their count tells
    their time, once it is known when the first was played: no later than it arrived. The less one had to wait for
    samples, the better is that known. But what a card has made in advance when a player sets in may arrive before it is
    played: if all of the next second comes late by that measure, the second is right.
    """

    def __init__(self, now_us: int) -> None:
        self._sound = AudioTimeline()
        self._rest = b""
        self._count = 0
        self._first: int | None = None
        """When the first of them was played."""
        self._trial_first: int | None = None
        """The same by this second alone."""
        self._trial_end = _TRIAL
        self._next = sample_at(now_us)
        self._sink: Sink | None = None
        self._begin = 0

    def start(self, sink: Sink, now_us: int) -> None:
        """Give *sink* what is heard from now on."""
        self._sink, self._begin = sink, sample_at(now_us)

    def stop(self, now_us: int) -> None:
        """Give what is heard up to now, as far as it has come, and then nothing more."""
        self._proceed(now_us)
        self._sink = None

    def receive(self, data: bytes, now_us: int) -> None:
        """Take 16-bit samples of all channels as they come, however cut."""
        data = self._rest + data
        usable = len(data) // _SAMPLE_BYTES * _SAMPLE_BYTES
        self._rest = data[usable:]
        samples = np.frombuffer(data[:usable], "<i2").reshape(-1, CHANNELS).astype(np.float32) / np.float32(32768)
        self._sound.write(self._date(sample_at(now_us) - len(samples) - self._count) + self._count, samples)
        self._count += len(samples)

    def _date(self, first: int) -> int:
        """Tell when the first sample was played, which is no later than *first* by what has just arrived."""
        if self._first is None or first < self._first or first > self._first + _LEAP:
            self._first = first
        self._trial_first = first if self._trial_first is None else min(first, self._trial_first)
        if self._count >= self._trial_end:
            if self._trial_first > self._first + _TOO_EARLY:
                self._first = self._trial_first
            self._trial_first, self._trial_end = None, self._count + _TRIAL
        return self._first

    def advance(self, now_us: int) -> None:
        """Give what is due."""
        self._proceed(now_us - HEARING_DELAY_US)

    def _proceed(self, due_us: int) -> None:
        while (count := min(sample_at(due_us) - self._next, _LONGEST_BLOCK)) > 0:
            block, position = self._sound.read(self._next, count), self._next - self._begin
            self._next += count
            self._give(block, position)

    def _give(self, block: Samples, position: int) -> None:
        early = max(0, -position)
        if self._sink is not None and early < len(block):
            self._sink.write_sound(block[early:], position + early)
