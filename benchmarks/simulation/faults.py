"""What a path does to packets beside delaying them: loss, single or in bursts, reordering, duplication (cold)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Faults"]

DUPLICATE_US: Final = 2_000


@dataclass
class Faults:
    """Shares are of packets, 0 to 1; each link has its own sequence of chances, the same in each run."""

    loss: float = 0.0
    burst_packets: float = 1.0
    """Mean length of a run of losses (Gilbert's model); 1: each packet is lost by itself."""
    reordered: float = 0.0
    reorder_us: int = 30_000
    """How much later than the others a reordered packet arrives."""
    duplicated: float = 0.0
    seed: int = 1
    _is_in_burst: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def copies(self) -> list[int]:
        """How many µs late each copy of the next packet arrives; empty: it is lost."""
        if self.loss and self._is_lost():
            return []
        late_us = self.reorder_us if self.reordered and self._chance.random() < self.reordered else 0
        if self.duplicated and self._chance.random() < self.duplicated:
            return [late_us, late_us + DUPLICATE_US]
        return [late_us]

    def _is_lost(self) -> bool:
        if self.burst_packets <= 1:
            return self._chance.random() < self.loss
        leave = 1 / self.burst_packets
        enter = leave * self.loss / (1 - self.loss)
        self._is_in_burst = self._chance.random() < (1 - leave if self._is_in_burst else enter)
        return self._is_in_burst
