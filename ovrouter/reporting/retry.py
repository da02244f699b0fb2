"""What an endpoint's answer means, and when to try again (cold)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from http import HTTPStatus

__all__ = ["Verdict", "delays_s", "judge"]

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
"""So late, at most, does an endpoint that is back get what waits for it."""

_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""The client errors that ask for another attempt: RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4."""


class Verdict(Enum):
    """What becomes of an event after an attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """The same request would be refused again."""
    UNAVAILABLE = "unavailable"
    """To be tried again."""


def judge(status: int) -> Verdict:
    """A redirect is a refusal: an event goes where the operator said, and nowhere else."""
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status >= 500 or status in _LATER:
        return Verdict.UNAVAILABLE
    return Verdict.REFUSED


def delays_s(random: Callable[[], float]) -> Iterator[float]:
    """How long to wait before each further attempt: twice as long each time, up to a bound, for ever.

    *random* gives numbers from 0 to 1; it takes up to half of each delay away, so that lanes that failed together do
    not come back together.
    """
    delay_s = FIRST_DELAY_S
    while True:
        yield delay_s * (1 - random() / 2)
        delay_s = min(2 * delay_s, LONGEST_DELAY_S)
