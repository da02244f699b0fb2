"""One stream's sound on the composition's time line. Cold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANNELS", "SAMPLE_RATE_HZ", "AudioTimeline", "Samples", "sample_at"]

SAMPLE_RATE_HZ = 48_000
CHANNELS = 2

Samples = NDArray[np.float32]
"""Shape (samples, CHANNELS), -1..1."""


def sample_at(time_us: int) -> int:
    """The number of the sample of a time."""
    return time_us * SAMPLE_RATE_HZ // 1_000_000


class AudioTimeline:
    """A ring of sound in which every sample has its time.

    Blocks join without a seam: their times differ a little from the count of their samples, as clocks drift, and a
    block is stretched by at most a percent to follow. Only a leap leaves a gap. Silence fills what never came.
    """

    LENGTH = 4 * SAMPLE_RATE_HZ
    _TOLERATED = SAMPLE_RATE_HZ // 500
    _LEAP = SAMPLE_RATE_HZ * 60 // 1000
    _STRETCH = 100
    """One sample in so many is left out or doubled to follow."""

    def __init__(self) -> None:
        self._ring: Samples = np.zeros((self.LENGTH, CHANNELS), np.float32)
        self._next = 0
        self._read_to: int | None = None

    def write(self, start: int, block: Samples) -> None:
        """Put *block* at sample *start*; what was read already or is seconds ahead is left out."""
        deviation = start - self._next
        if abs(deviation) < self._LEAP:
            block, start = self._stretched(block, deviation), self._next
        self._next = start + len(block)
        read_to = start if self._read_to is None else self._read_to
        late, room = max(0, read_to - start), max(0, read_to + self.LENGTH - start)
        block = block[late:room]
        for places, part in self._places(start + late, len(block)):
            self._ring[places] = block[part]

    def read(self, start: int, count: int) -> Samples:
        """Take *count* samples from *start* on. Reads go forward, without gaps."""
        block = np.empty((count, CHANNELS), np.float32)
        for places, part in self._places(start, count):
            block[part] = self._ring[places]
            self._ring[places] = 0
        self._read_to = start + count
        return block

    def _places(self, start: int, count: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Where *count* samples from *start* on are in the ring, and which part of them each piece is."""
        begin = start % self.LENGTH
        first = min(count, self.LENGTH - begin)
        return (slice(begin, begin + first), slice(first)), (slice(count - first), slice(first, count))

    def _stretched(self, block: Samples, deviation: int) -> Samples:
        if abs(deviation) <= self._TOLERATED or len(block) < self._STRETCH:
            return block
        change = len(block) // self._STRETCH * (1 if deviation > 0 else -1)
        places, steps = np.linspace(0, len(block) - 1, len(block) + change), np.arange(len(block))
        channels = [np.interp(places, steps, block[:, channel]) for channel in range(CHANNELS)]
        return np.stack(channels, axis=1).astype(np.float32)
