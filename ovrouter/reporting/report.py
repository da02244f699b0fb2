"""An event on its way to the webhook endpoint, and the lines that keep it on disk until it got there (cold).

The journal is a JSON object for each line: a report when it is accepted, a ``settled`` when nothing more is to be done
for it. What was accepted and not settled is pending.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

__all__ = ["Report", "line_of", "pending", "settled_line"]


class Report(msgspec.Struct, frozen=True, tag="report", tag_field="kind"):
    """One event for the endpoint."""

    id: str
    """Unique among all events of all routers; the same in every attempt to deliver it."""
    lane: str
    """Reports of one lane are delivered in order: the Session's uniqueSessionId; empty for what has no Session."""
    name: str
    body: msgspec.Raw
    """The JSON text that is sent, byte for byte."""


class _Settled(msgspec.Struct, frozen=True, tag="settled", tag_field="kind"):
    id: str


_decoder = msgspec.json.Decoder(Report | _Settled)


def line_of(report: Report) -> bytes:
    """The line that accepts *report*."""
    return msgspec.json.encode(report) + b"\n"


def settled_line(report: Report) -> bytes:
    """The line that settles *report*."""
    return msgspec.json.encode(_Settled(report.id)) + b"\n"


def pending(lines: Sequence[bytes]) -> tuple[list[Report], int]:
    """Return the reports that *lines* leave pending, in their order, and how many lines are unreadable.

    A crash may leave the last line torn, and the file system zeros in place of lines that nobody was promised.
    """
    reports: dict[str, Report] = {}
    unreadable = 0
    for line in lines:
        try:
            entry = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            unreadable += 1
            continue
        if isinstance(entry, Report):
            # A copy, because what was decoded is a view that keeps the whole line.
            reports[entry.id] = msgspec.structs.replace(entry, body=entry.body.copy())
        else:
            reports.pop(entry.id, None)
    return list(reports.values()), unreadable
