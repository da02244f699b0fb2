"""Fuzz target: a trace is a file, and may hold anything."""

import contextlib

from ovrouter.errors import TraceUnreadable
from ovrouter.media.replay import replay
from ovrouter.media.trace import split_records


def fuzz(data: bytes) -> None:
    """Run a core over *data*, the records of a chunk; it is refused or it is run."""
    with contextlib.suppress(TraceUnreadable):
        str(replay(split_records(memoryview(data))))
