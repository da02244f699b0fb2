"""What went through a bottleneck, by the kernel's clock: what entered when, and how long it waited (cold)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace

from benchmarks.simulation.world import SAMPLE_US, Sample

__all__ = ["Crossings"]


@dataclass
class Crossings:
    """Times are microseconds, packets are told apart by any bytes that are their own, flows by a number.

    Packets are noted whenever somebody finds the time to look at them, and the samples put right at the end.
    """

    _entered: dict[bytes, int] = field(default_factory=dict)
    _sent_bytes: defaultdict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    """By flow and number of the sample."""
    _waits: list[tuple[int, int]] = field(default_factory=list)
    """When a packet entered, how long it waited."""

    def enter(self, packet: bytes, flow: int, size_bytes: int, at_us: int) -> None:
        """A packet came to the bottleneck."""
        self._entered[packet] = at_us
        self._sent_bytes[flow, -(-at_us // SAMPLE_US)] += size_bytes

    def leave(self, packet: bytes, at_us: int) -> None:
        """It got through."""
        entered_us = self._entered.pop(packet, None)
        if entered_us is not None:
            self._waits.append((entered_us, at_us - entered_us))

    def correct(self, samples: list[Sample], flow: int) -> list[Sample]:
        """The samples with what was sent and, of the packet that entered last before each, how long it waited."""
        self._waits.sort()
        return [self._corrected(sample, flow) for sample in samples]

    def _corrected(self, sample: Sample, flow: int) -> Sample:
        at_us = round(sample.at_s * 1e6)
        sent_bps = self._sent_bytes[flow, at_us // SAMPLE_US] * 8e6 / SAMPLE_US
        return replace(sample, sent_bps=sent_bps, queueing_ms=self._waited_us(at_us) / 1000)

    def _waited_us(self, at_us: int) -> int:
        index = bisect_right(self._waits, (at_us, 1 << 60))
        if not index or self._waits[index - 1][0] <= at_us - SAMPLE_US:
            return 0
        return self._waits[index - 1][1]
