"""A TCP flow as competition: slow start and congestion avoidance of RFC 5681, acknowledged packet by packet (cold)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.simulation.link import Link

if TYPE_CHECKING:
    from benchmarks.simulation.world import World

__all__ = ["TcpFlow"]

PACKET_BYTES: Final = 1500
INITIAL_WINDOW: Final = 10


@dataclass
class TcpFlow:
    """Sends *left_bytes* as fast as the window lets it, from *start_s* on."""

    world: World
    link: Link
    start_s: float = 0
    left_bytes: float = float("inf")
    window: float = INITIAL_WINDOW
    threshold: float = float("inf")
    in_flight: int = 0
    acked_bytes: int = 0
    reduced_us: int = -1

    def __post_init__(self) -> None:
        self.world.extras.append(self.tick)

    @property
    def is_done(self) -> bool:
        """Everything has arrived."""
        return self.left_bytes <= 0 and self.in_flight == 0

    def tick(self, now_us: int) -> None:
        """Fill the window."""
        while now_us >= self.start_s * 1e6 and self.left_bytes > 0 and self.in_flight < int(self.window):
            self.in_flight += 1
            self.left_bytes -= PACKET_BYTES
            arrivals_us = self.link.carry(PACKET_BYTES, now_us)
            if not arrivals_us:
                # Three duplicate acknowledgements tell about a round trip later.
                self.world.at(now_us + self.link.queue_us + 2 * self.link.delay_us, self._on_loss, now_us)
            else:
                self.world.at(arrivals_us[0] + self.link.delay_us, self._on_acknowledgement)

    def _on_acknowledgement(self, now_us: int) -> None:
        self.in_flight -= 1
        self.acked_bytes += PACKET_BYTES
        self.window += 1 if self.window < self.threshold else 1 / self.window

    def _on_loss(self, sent_us: int, now_us: int) -> None:
        self.in_flight -= 1
        self.left_bytes += PACKET_BYTES
        if sent_us > self.reduced_us:
            self.reduced_us = now_us
            self.threshold = self.window = max(2.0, self.window / 2)
