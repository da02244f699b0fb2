"""What a router tells applications: the events of its CDR, as they come."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

__all__ = ["EventLog"]

TIMEOUT_S = 60
"""So that a test fails rather than hangs; what an event says of its own time is what counts."""


class EventLog:
    """The events in the CDR *folder*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, name: str, **members: Any) -> list[dict[str, Any]]:
        """Those of a *name* whose *members* are so, oldest first."""
        lines = [line for path in sorted(self.folder.iterdir()) for line in path.read_text().splitlines()]
        events = [event[name] for event in map(json.loads, lines) if name in event]
        return [event for event in events if members.items() <= event.items()]

    def wait_for(self, name: str, **members: Any) -> dict[str, Any]:
        """The first of those, now or soon."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (found := self.of(name, **members)):
            assert time.monotonic() < deadline, f"no {name} with {members}"
            time.sleep(0.05)
        return found[0]
