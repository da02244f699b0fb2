"""When frames were captured: RTP timestamps on one clock for all tracks, by RTCP sender reports. Cold.

Every track counts time in its own units from a random origin. Sender reports tie that to the sender's wall clock, which
is common to its tracks but not to other senders. :class:`SenderClock` ties the sender's clock to ours: tracks of one
sender share it, so they stay in step whatever the network does; and different senders can be compared.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SenderClock", "Timeline"]

SMOOTHING: Final = 16
"""A report's share in the offset of the clocks: its journey varies, their drift (some 50 ppm) is slow."""
STEP_US: Final = 1_000_000
"""A larger change of the offset is not jitter: somebody set a clock."""
SLEW: Final = 20
"""A correction takes at most one part in this of the time that passes, so that nobody hears or sees it."""


class SenderClock:
    """One sender's wall clock against ours."""

    def __init__(self) -> None:
        self.offset_us: int | None = None
        """What to add to the sender's time to get ours, the way of a packet included; None before the first report."""

    def note(self, ntp_us: int, arrival_us: int) -> None:
        """It was *ntp_us* there when a report came in at *arrival_us*."""
        offset_us = arrival_us - ntp_us
        if self.offset_us is None or abs(offset_us - self.offset_us) > STEP_US:
            self.offset_us = offset_us
        else:
            self.offset_us += (offset_us - self.offset_us) // SMOOTHING


class Timeline:
    """One track's timestamps as microseconds of our clock. They never go back.

    Before the first report the arrival of the first packet is taken for its time; the difference to what the report
    says is made up for little by little.
    """

    def __init__(self, clock: SenderClock, clock_rate: int) -> None:
        self._clock = clock
        self._clock_rate = clock_rate
        self._timestamp: int | None = None
        """The latest, extended beyond 32 bits."""
        self._offset_us = 0
        """From the track's own time to ours."""
        self._reported: tuple[int, int] | None = None
        """The sender's time of a point of the track's own time."""
        self._last_us: int | None = None

    @property
    def is_exact(self) -> bool:
        """Whether a report has told the time."""
        return self._reported is not None

    def note_report(self, timestamp: int, ntp_us: int, arrival_us: int) -> None:
        """A sender report came in."""
        self._clock.note(ntp_us, arrival_us)
        self._reported = (self._own_us(self._extend(timestamp)), ntp_us)

    def pts_us(self, timestamp: int, arrival_us: int) -> int:
        """Of a packet in order. *timestamp* is that of the wire."""
        extended = self._extend(timestamp)
        own_us = self._own_us(extended)
        if self._last_us is None:
            exact_us = self._exact_offset_us()
            self._offset_us = arrival_us - own_us if exact_us is None else exact_us
        else:
            self._slew(own_us + self._offset_us - self._last_us)
        self._timestamp = extended
        pts_us = own_us + self._offset_us
        self._last_us = pts_us if self._last_us is None else max(pts_us, self._last_us)
        return self._last_us

    def _slew(self, elapsed_us: int) -> None:
        """Move towards what the reports say, by a part of the time that has passed."""
        exact_us = self._exact_offset_us()
        if exact_us is not None and elapsed_us > 0:
            limit_us = elapsed_us // SLEW
            self._offset_us += max(-limit_us, min(limit_us, exact_us - self._offset_us))

    def _exact_offset_us(self) -> int | None:
        if self._reported is None or self._clock.offset_us is None:
            return None
        own_us, ntp_us = self._reported
        return ntp_us + self._clock.offset_us - own_us

    def _own_us(self, extended: int) -> int:
        return extended * 1_000_000 // self._clock_rate

    def _extend(self, timestamp: int) -> int:
        if self._timestamp is None:
            self._timestamp = timestamp
        distance = (timestamp - self._timestamp) & 0xFFFFFFFF
        return self._timestamp + (distance - 0x1_0000_0000 if distance >= 0x8000_0000 else distance)
