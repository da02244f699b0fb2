"""Notices a client that stopped pinging (warm)."""

from __future__ import annotations

import trio

__all__ = ["DEFAULT_PING_INTERVAL_S", "Watchdog"]

DEFAULT_PING_INTERVAL_S = 20.0
"""For clients that do not say how often they will ping."""
MIN_PING_INTERVAL_S = 1.0
"""A shorter one would let a moment of jitter cut the call."""
MAX_PING_INTERVAL_S = 60.0
"""A longer one would let a client switch the watchdog off."""
MISSED_PINGS = 3


class Watchdog:
    """Cancels :attr:`scope` when no ping came for three intervals; the first ping fixes the interval.

    It runs from the beginning, so a socket that never pings does not stay for ever.
    """

    def __init__(self) -> None:
        self.interval_s: float | None = None
        """None until the first ping."""
        self.scope = trio.CancelScope()
        self._rearm()

    @property
    def expired(self) -> bool:
        """True once the scope has ended because of missing pings."""
        return self.scope.cancelled_caught

    def feed(self, interval_ms: object = None) -> None:
        """A ping came; *interval_ms* is what it says, in whatever type the client sent."""
        if self.interval_s is None:
            self.interval_s = _interval_s(interval_ms)
        self._rearm()

    def resume(self, interval_s: float | None) -> None:
        """Go on with the interval of the socket before."""
        self.interval_s = interval_s
        self._rearm()

    def _rearm(self) -> None:
        interval_s = DEFAULT_PING_INTERVAL_S if self.interval_s is None else self.interval_s
        self.scope.deadline = trio.current_time() + MISSED_PINGS * interval_s


def _interval_s(interval_ms: object) -> float:
    if isinstance(interval_ms, bool) or not isinstance(interval_ms, int | float):
        return DEFAULT_PING_INTERVAL_S
    return min(max(interval_ms, MIN_PING_INTERVAL_S * 1000), MAX_PING_INTERVAL_S * 1000) / 1000
