"""The router's side of a composer process: which streams it shows (warm)."""

from __future__ import annotations

import logging
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from ovrouter.children import Child, open_child
from ovrouter.compose.orders import AddStream, KeyframeWanted, RemoveStream, Report, SwitchVideo
from ovrouter.compose.production import FINISH_S, Production
from ovrouter.compose.scene import ShownStream
from ovrouter.errors import LinkNotFound, TapRefused
from ovrouter.isolate import lone_exceptions
from ovrouter.medianode import MediaNode, OpenTap

__all__ = ["Composition", "open_composition"]

_log = logging.getLogger("ovrouter.compose")


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


class Composition(Production):
    """A grid of streams; comes from :func:`open_composition`."""

    def __init__(self, media: MediaNode, child: Child, path: str, nursery: trio.Nursery) -> None:
        super().__init__(child)
        self._media = media
        self._path = path
        self._nursery = nursery
        self._id = secrets.token_hex(4)
        self._shown: dict[str, ShownStream] = {}
        self._showing = trio.Lock()

    async def show(self, streams: Sequence[ShownStream]) -> None:
        """See Production."""
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

    def _take(self, report: Report) -> None:
        if isinstance(report, KeyframeWanted):
            self._nursery.start_soon(self._media.request_keyframe, report.id.partition("/")[2])
        else:
            super()._take(report)

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
