"""What recording a Session in one output mode takes (warm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import trio

from ovrouter.compose.production import Production
from ovrouter.compose.studio import Studio
from ovrouter.events import Event
from ovrouter.medianode import MediaNode
from ovrouter.recording.recording import Recording
from ovrouter.session import RecordingProperties, Session

__all__ = ["Finish", "Job", "Outcome", "Task"]


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is given."""

    recording: Recording
    properties: RecordingProperties
    session: Session
    media: MediaNode
    studio: Studio
    folder: Path
    """For its files; exists and is empty but for the recording's own."""
    prepared: Production | None = None
    """A composer that runs already (COMPOSED_QUICK_START)."""


class Job(Protocol):
    """Records one Session."""

    async def run(self, stop: trio.Event, on_started: Callable[[], None]) -> str | None:
        """Record until *stop* is set; returns None, or why it had to end earlier.

        *on_started* is to be called once media is being written. Raises RecordingFailed if it does not come to that.
        Cancelled, it leaves files that :data:`Finish` can finish.
        """

    def notice(self, event: Event) -> None:
        """Something happened in the Session; called in the middle of it, so not to wait and not to raise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a recording."""

    file: str
    """To be downloaded: its name in the folder."""
    size_bytes: int
    duration_s: float


Finish: TypeAlias = Callable[[Path, Recording], Awaitable[Outcome]]
"""Makes the file to be downloaded of what a job left in its folder, in whatever state. Raises OSError,
RecordingFailed."""
