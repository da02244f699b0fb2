"""COMPOSED: one file with one picture and one sound, of a grid of streams or of the operator's page (warm)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Final

import trio

from ovrouter.children import open_child
from ovrouter.compose.follow import SceneFollower
from ovrouter.compose.plan import start_order
from ovrouter.compose.production import Production
from ovrouter.errors import CompositionFailed, RecordingFailed
from ovrouter.events import Event
from ovrouter.recording.job import Outcome, Task
from ovrouter.recording.recording import Recording
from ovrouter.waiting import first_of

__all__ = ["ComposedJob", "finish_composed"]

START_S: Final = 30.0
"""How long a start may take (as documented for OpenVidu's own composer)."""


class ComposedJob:
    """One recording."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._scene = SceneFollower(
            task.session, has_audio=task.properties.has_audio, has_video=task.properties.has_video
        )
        self._has_started = False

    def notice(self, event: Event) -> None:
        """See Job."""
        self._scene.look_again()

    async def run(self, stop: trio.Event, on_started: Callable[[], None]) -> str | None:
        """See Job."""
        try:
            async with self._composition() as composition:
                await self._scene.show(composition)
                await self._start(composition, stop)
                self._has_started = True
                on_started()
                await self._scene.follow(composition, stop)
                await composition.stop()
        except CompositionFailed as error:
            if not self._has_started:
                raise RecordingFailed(str(error)) from error
            return str(error)
        return None

    def _composition(self) -> AbstractAsyncContextManager[Production]:
        if self._task.prepared is not None:
            return nullcontext(self._task.prepared)
        name = f"composer of {self._task.recording.id}"
        return self._task.studio.open(self._task.session, self._task.properties, name)

    async def _start(self, composition: Production, stop: trio.Event) -> None:
        file = self._task.folder / file_name(self._task.recording)
        order = start_order(self._task.properties, str(file), file.suffix[1:])
        with trio.move_on_after(START_S):
            await first_of(stop.wait, partial(composition.start, order))
            if not stop.is_set():
                return
        raise RecordingFailed(
            "it was stopped before it had started" if stop.is_set() else "the composer does not start"
        )


def file_name(recording: Recording) -> str:
    """Return the name of what is downloaded."""
    return f"{recording.name}.{'mp4' if recording.has_video else 'webm'}"


async def finish_composed(folder: Path, recording: Recording) -> Outcome:
    """Measure the file, and make its thumbnail. Can be called again. Raises OSError, RecordingFailed."""
    file = folder / file_name(recording)
    arguments = [sys.executable, "-m", "ovrouter.compose.review", str(file)]
    if recording.has_video:
        arguments.append(str(folder / f"{recording.id}.jpg"))
    async with open_child(arguments, name=f"review of {recording.id}") as child:
        report = await child.receive()
    if report is None:
        raise RecordingFailed(f"{file.name} cannot be read")
    size_bytes = (await trio.Path(file).stat()).st_size
    return Outcome(file.name, size_bytes, report["duration_s"])
