"""The router's side of a process that writes one picture and one sound: what it is told, and how that goes (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec
import trio

from ovrouter.children import Child
from ovrouter.compose.orders import AnyOrder, Failed, Listening, Report, Start, Started, Stop, Stopped, Trouble
from ovrouter.compose.scene import ShownStream
from ovrouter.errors import CompositionFailed
from ovrouter.waiting import first_of

__all__ = ["FINISH_S", "Production"]

_log = logging.getLogger("ovrouter.compose")

FINISH_S = 4.0
"""For the end of a file, which turns its fragments into a plain MP4."""


class Production:
    """A process that is ready to write; where picture and sound come from is its subclass's."""

    def __init__(self, child: Child) -> None:
        self.on_trouble: Callable[[str], None] = lambda message: _log.warning("%s: %s", child.name, message)
        """Called with what a live server does not do; the process tries again by itself."""
        self.ended = trio.Event()
        """Set when nothing will be written any more: the output failed, or the process ended."""
        self.failure = f"the process of the {child.name} ended"
        """Why, once ``ended`` is set."""
        self._child = child
        self._listening, self._started, self._stopped = trio.Event(), trio.Event(), trio.Event()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.pid

    async def show(self, streams: Sequence[ShownStream]) -> None:
        """Make *streams* what is shown; what was there and is not among them goes."""

    async def start(self, order: Start) -> None:
        """Begin to write; returns when the file is there or the server takes the stream.

        Raises CompositionFailed.
        """
        self._started, self._stopped = trio.Event(), trio.Event()
        await self._send(order)
        await self._happened(self._started)

    async def stop(self) -> None:
        """Write what has come, and finish the file. Raises CompositionFailed."""
        await self._send(Stop())
        await self._happened(self._stopped)

    async def wait_listening(self) -> None:
        """Until there is something to be written. Raises CompositionFailed."""
        await self._happened(self._listening)

    async def read_reports(self) -> None:
        """Take what the process says, until it ends."""
        while (report := await self._child.receive()) is not None:
            self._take(msgspec.convert(report, Report))
        self.ended.set()

    def _take(self, report: Report) -> None:
        match report:
            case Listening():
                self._listening.set()
            case Started():
                self._started.set()
            case Stopped():
                self._stopped.set()
            case Trouble():
                self.on_trouble(report.message)
            case Failed():
                self.failure = report.message
                self.ended.set()

    async def _happened(self, event: trio.Event) -> None:
        await first_of(event.wait, self.ended.wait)
        if not event.is_set():
            raise CompositionFailed(self.failure)

    async def _send(self, order: AnyOrder) -> None:
        try:
            await self._child.send(msgspec.to_builtins(order))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.ended.set()
