"""When a browser asks for a missing packet again, and when it gives up and wants a keyframe (cold)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Repair"]

RETRY_US: Final = 100_000
"""What browsers take for the round trip before they know better."""
TRIES: Final = 10


@dataclass
class Repair:
    """The holes of one stream. Numbers are extended beyond their 16 bits."""

    highest: int = -1
    missing: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Number → when to ask for it, how often that was done."""
    given_up: int = 0

    def note(self, number_u16: int, now_us: int) -> None:
        """A packet of the stream arrived."""
        number = self.extend(number_u16)
        if self.highest >= 0:
            for hole in range(self.highest + 1, number):
                self.missing[hole] = now_us, 0
        self.highest = max(self.highest, number)
        self.missing.pop(number, None)

    def extend(self, number_u16: int) -> int:
        """The number nearest to the highest."""
        if self.highest < 0:
            return number_u16
        return self.highest + ((number_u16 - self.highest + 0x8000) & 0xFFFF) - 0x8000

    def due(self, now_us: int) -> list[int]:
        """What to ask for now."""
        numbers = [number for number, (next_us, _) in self.missing.items() if next_us <= now_us]
        for number in numbers:
            tries = self.missing[number][1] + 1
            self.missing[number] = now_us + RETRY_US, tries
            if tries > TRIES:
                del self.missing[number]
                self.given_up += 1
        return [number for number in numbers if number in self.missing]
