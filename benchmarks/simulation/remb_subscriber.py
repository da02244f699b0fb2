"""A subscriber without transport-wide feedback: it estimates by itself what its path carries, and says so (cold)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar, Final

from benchmarks.rtcp import remb
from benchmarks.simulation.subscriber import Subscriber

__all__ = ["RembSubscriber"]

REMB_US: Final = 200_000
WINDOW_US: Final = 1_000_000
QUEUE_US: Final = 60_000
"""More delay than at best by this: the path is full."""
DECREASE: Final = 0.85
INCREASE: Final = 1.02
"""Each time."""
START_BPS: Final = 300_000


@dataclass
class RembSubscriber(Subscriber):
    """As browsers do it: at most half more than what came in the last second, less when the queue grows."""

    transport_cc: ClassVar[int] = 0
    estimate_bps: float = START_BPS
    _window: deque[tuple[int, int]] = field(default_factory=deque)
    _least_delay_us: int = 1 << 60
    _delay_us: int = 0

    def on_datagram(self, data: bytes, now_us: int) -> None:
        """Note size and delay of a packet."""
        super().on_datagram(data, now_us)
        if data[0] >= 128:
            self._window.append((now_us, len(data)))
        if data[0] == 0x90:
            self._delay_us = now_us - int.from_bytes(data[4:8], "big") * 100 // 9
            self._least_delay_us = min(self._least_delay_us, self._delay_us)

    def _reporting(self, now_us: int) -> list[bytes]:
        is_full = bool(self._window) and self._window[0][0] <= now_us - WINDOW_US
        if now_us < self._next_report_us or not is_full:
            return []
        self._next_report_us = now_us + REMB_US
        while self._window and self._window[0][0] <= now_us - WINDOW_US:
            self._window.popleft()
        received_bps = sum(size for _, size in self._window) * 8e6 / WINDOW_US
        if self._delay_us - self._least_delay_us > QUEUE_US:
            self.estimate_bps = DECREASE * received_bps
        else:
            self.estimate_bps = min(INCREASE * max(self.estimate_bps, received_bps), 1.5 * received_bps + 10_000)
        return [remb(1, [self.ssrc], int(self.estimate_bps))]
