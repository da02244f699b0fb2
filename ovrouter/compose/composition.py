"""The router's side of a composer process: what it shows, what it writes, and how that goes (warm)."""

from __future__ import annotations

import logging
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import trio

from ovrouter.children import Child, open_child
from ovrouter.compose.orders import (
    AddStream,
    Failed,
    KeyframeWanted,
    Listening,
    Order,
    RemoveStream,
    Report,
    Start,
    Started,
    Stop,
    Stopped,
    SwitchVideo,
    Trouble,
)
from ovrouter.compose.scene import ShownStream
from ovrouter.errors import CompositionFailed, LinkNotFound, TapRefused
from ovrouter.isolate import lone_exceptions
from ovrouter.medianode import MediaNode, OpenTap
from ovrouter.waiting import first_of

__all__ = ["Composition", "open_composition"]

_log = logging.getLogger("ovrouter.compose")

FINISH_S = 4.0
"""For the end of a file, which turns its fragments into a plain MP4."""


@asynccontextmanager
async def open_composition(media: MediaNode, name: str) -> AsyncIterator[Composition]:
    """Run a composer process for the length of an ``async with`` block; *name* is for the log.

    At its end the process finishes what it writes. Raises CompositionFailed if the process does not start.
    """
    with tempfile.TemporaryDirectory(prefix="ovrouter-compose-") as folder, lone_exceptions():
        path = str(Path(folder) / "taps")
        arguments = [sys.executable, "-m", "ovrouter.compose", path]
        async with open_child(arguments, name=name, finish_s=FINISH_S) as child, trio.open_nursery() as nursery:
            composition = Composition(media, child, path, nursery)
            nursery.start_soon(composition.read_reports)
            await composition.wait_listening()
            try:
                yield composition
            finally:
                with trio.CancelScope(shield=True):
                    await composition.show(())
                composition.ended.set()
                nursery.cancel_scope.cancel()


class Composition:
    """A composer process; comes from :func:`open_composition`."""

    def __init__(self, media: MediaNode, child: Child, path: str, nursery: trio.Nursery) -> None:
        self.on_trouble: Callable[[str], None] = lambda message: _log.warning("%s: %s", child.name, message)
        """Called with what a live server does not do; the process tries again by itself."""
        self.ended = trio.Event()
        """Set when nothing will be written any more: the output failed, or the process ended."""
        self.failure = "the composer process ended"
        """Why, once ``ended`` is set."""
        self._media = media
        self._child = child
        self._path = path
        self._nursery = nursery
        self._id = secrets.token_hex(4)
        self._shown: dict[str, ShownStream] = {}
        self._showing = trio.Lock()
        self._listening, self._started, self._stopped = trio.Event(), trio.Event(), trio.Event()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._child.pid

    async def show(self, streams: Sequence[ShownStream]) -> None:
        """Make *streams* what is shown; what was there and is not among them goes."""
        wanted = {stream.id: stream for stream in streams}
        async with self._showing:
            for id_ in self._shown.keys() - wanted.keys():
                await self._remove(self._shown.pop(id_))
            for stream in streams:
                before = self._shown.get(stream.id)
                self._shown[stream.id] = stream
                if before is None:
                    await self._add(stream)
                elif before.is_video_on != stream.is_video_on:
                    await self._send(SwitchVideo(self._tap_id(stream), stream.is_video_on))

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
        """Until the process takes orders and media. Raises CompositionFailed."""
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
            case KeyframeWanted():
                self._nursery.start_soon(self._media.request_keyframe, report.id.partition("/")[2])
            case Trouble():
                self.on_trouble(report.message)
            case Failed():
                self.failure = report.message
                self.ended.set()

    async def _happened(self, event: trio.Event) -> None:
        await first_of(event.wait, self.ended.wait)
        if not event.is_set():
            raise CompositionFailed(self.failure)

    async def _add(self, stream: ShownStream) -> None:
        tap_id = self._tap_id(stream)
        await self._send(
            AddStream(id=tap_id, name=stream.name, is_screen=stream.is_screen, is_video_on=stream.is_video_on)
        )
        if not stream.kinds:
            return
        try:
            await self._media.open_tap(OpenTap(tap_id, stream.id, self._path, stream.kinds))
        except (LinkNotFound, TapRefused) as error:
            # It has ended already, or the process has; either is told elsewhere.
            _log.info("%s: no media of %s: %s", self._child.name, stream.id, error)

    async def _remove(self, stream: ShownStream) -> None:
        await self._media.close_tap(self._tap_id(stream))
        await self._send(RemoveStream(self._tap_id(stream)))

    def _tap_id(self, stream: ShownStream) -> str:
        return f"{self._id}/{stream.id}"

    async def _send(self, order: Order) -> None:
        try:
            await self._child.send(msgspec.to_builtins(order))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.ended.set()
