"""Counts the events that came to harm, and says so once for each spell of trouble (cold)."""

from __future__ import annotations

import logging

__all__ = ["Losses"]


class Losses:
    """Of one place that may fail for a while, such as a disk that is full; *harm* is what then becomes of events."""

    def __init__(self, log: logging.Logger, place: str, harm: str = "lost") -> None:
        self.total = 0
        """Since the router started."""
        self._log = log
        self._place = place
        self._harm = harm
        self._before_spell: int | None = None

    def add(self, count: int, why: object) -> None:
        """*count* more events; the first of a spell are logged with the cause."""
        if self._before_spell is None:
            self._before_spell = self.total
            self._log.error("%s: %s; until this is mended events are %s", self._place, why, self._harm)
        self.total += count

    def end(self) -> None:
        """It works; ends the spell if there is one."""
        if self._before_spell is not None:
            count = self.total - self._before_spell
            self._log.warning("%s: works again; events that were %s: %d", self._place, self._harm, count)
            self._before_spell = None
