"""Names of CDR files, and which of them are due to go (cold)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

__all__ = ["cdr_name", "day_of", "expired"]

KEPT_DAYS = 30
KEPT_BYTES = 20 * 1024**3
"""Both as in OpenVidu, which has no setting for them."""

_NAME = re.compile(r"CDR\.(\d{4}-\d\d-\d\d)_\d\d-\d\d-\d\d\.log")


def cdr_name(day: date, started: datetime) -> str:
    """``CDR.<day>_<time of the server's start>.log``."""
    return f"CDR.{day:%Y-%m-%d}_{started:%H-%M-%S}.log"


def day_of(name: str) -> date | None:
    """The day whose events a file of this name holds; None if it is no CDR file."""
    found = _NAME.fullmatch(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def expired(files: Iterable[tuple[str, int]], today: date) -> Iterator[str]:
    """Of ``(name, bytes)`` of CDR files, the names of those that are too old or beyond the space for all."""
    oldest = today - timedelta(days=KEPT_DAYS)
    space_bytes = KEPT_BYTES
    for name, size_bytes in sorted(files, reverse=True):
        space_bytes -= size_bytes
        day = day_of(name)
        if day is not None and day < today and (day < oldest or space_bytes < 0):
            yield name
