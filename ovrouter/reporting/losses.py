"""Counts what was lost, and says so once for each spell of trouble (cold)."""

from __future__ import annotations

import logging

__all__ = ["Losses"]


class Losses:
    """One thing that may fail for a while, such as a disk that is full."""

    def __init__(self, log: logging.Logger, what: str) -> None:
        self.total = 0
        """Since the router started."""
        self._log = log
        self._what = what
        self._before_spell: int | None = None

    def add(self, count: int, why: object) -> None:
        """*count* more are lost; the first of a spell is logged with its cause."""
        if self._before_spell is None:
            self._before_spell = self.total
            self._log.error("%s: losing events until this is mended: %s", self._what, why)
        self.total += count

    def end(self) -> None:
        """It works; ends the spell if there is one."""
        if self._before_spell is not None:
            self._log.warning("%s: works again; %d events were lost", self._what, self.total - self._before_spell)
            self._before_spell = None
