"""INDIVIDUAL: every stream into a file of its own, by the recorder process (warm)."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Final

import trio

from ovrouter import events
from ovrouter.children import Child, open_child
from ovrouter.errors import LinkNotFound, RecordingFailed, TapRefused
from ovrouter.medianode import OpenTap
from ovrouter.recording import stream_files
from ovrouter.recording.job import Task
from ovrouter.recording.stream_files import StreamFile
from ovrouter.session import Connection, Stream

__all__ = ["IndividualJob"]

_log = logging.getLogger("ovrouter.recording")

FLOW_WAIT_S: Final = 10.0
"""How long a start waits for the streams there are (documented)."""
FINISH_WAIT_S: Final = 3.0
"""For the recorder to write the ends of the files. A file that has none by then is repaired."""
CHANGES: Final = 1024
"""Connections whose streams changed and were not looked at yet; all of a large session at once."""


class IndividualJob:
    """One recording."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._changed_in, self._changed_out = trio.open_memory_channel[str](CHANGES)
        self._tapped: dict[str, Stream] = {}
        """The stream that is recorded of a Connection, by the Connection's id."""
        self._streams: dict[str, tuple[Stream, Connection]] = {}
        """Every stream that was ever recorded, by id: what its files' metadata says."""
        self._files: dict[str, StreamFile] = {}
        self._flowing: set[str] = set()
        self._progress = trio.Event()
        """Set, and replaced, whenever a file was opened."""
        self._broken = trio.Event()
        self._failure: str | None = None

    # ------------------------------------------------------------------------------------------------------ the job

    def notice(self, event: events.Event) -> None:
        """See Job."""
        match event:
            case events.StreamPublished() | events.StreamUnpublished() | events.ConnectionPropertyChanged():
                self._note_change(event.connection_id)

    async def run(self, stop: trio.Event, on_started: Callable[[], None]) -> str | None:
        """See Job."""
        with ExitStack() as stack:
            sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="ovrouter-"))
            path = f"{sockets}/taps"
            arguments = [sys.executable, "-m", "ovrouter.recorder", "record", path, str(self._task.folder)]
            async with open_child(arguments, name="recorder") as child:
                has_started = await self._record(child, path, stop, on_started)
        if not has_started:
            raise RecordingFailed(self._failure or "the recording was stopped before it had started")
        return self._failure

    async def _record(self, child: Child, path: str, stop: trio.Event, on_started: Callable[[], None]) -> bool:
        """Whether the recording has started before it ended."""
        has_started = False
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stop_when, stop, nursery.cancel_scope)
            nursery.start_soon(self._stop_when, self._broken, nursery.cancel_scope)
            await nursery.start(self._read_reports, child)
            for connection_id in self._task.session.connections:
                await self._reconcile(connection_id, path)
            nursery.start_soon(self._follow, path)
            has_started = await self._streams_flow()
            if has_started:
                on_started()
                await trio.sleep_forever()
            nursery.cancel_scope.cancel()
        with trio.CancelScope(deadline=trio.current_time() + FINISH_WAIT_S, shield=True):
            await self._finish(child)
        return has_started

    async def _stop_when(self, event: trio.Event, scope: trio.CancelScope) -> None:
        await event.wait()
        scope.cancel()

    async def _finish(self, child: Child) -> None:
        """Let the recorder write the ends of the files. Those it cannot, :mod:`archive` repairs."""
        for stream in self._tapped.values():
            await self._task.media.close_tap(self._tap_id(stream))
        await child.end_input()
        while (report := await child.receive()) is not None:
            await self._handle(report)

    # ------------------------------------------------------------------------------------------------------ streams

    def _note_change(self, connection_id: str) -> None:
        try:
            self._changed_in.send_nowait(connection_id)
        except trio.WouldBlock:
            _log.error("recording %s does not keep up with its session", self._task.recording.id)

    async def _follow(self, path: str) -> None:
        async for connection_id in self._changed_out:
            await self._reconcile(connection_id, path)

    async def _reconcile(self, connection_id: str, path: str) -> None:
        """Record what the Connection publishes now, and nothing else of it."""
        connection = self._task.session.connections.get(connection_id)
        wanted = self._recordable(connection)
        tapped = self._tapped.get(connection_id)
        if tapped is not None and tapped is not wanted:
            del self._tapped[connection_id]
            await self._task.media.close_tap(self._tap_id(tapped))
        if connection is not None and wanted is not None and wanted is not tapped:
            await self._tap(connection, wanted, path)

    def _recordable(self, connection: Connection | None) -> Stream | None:
        if connection is None or connection.stream is None or not connection.record:
            return None
        return connection.stream if self._kinds(connection.stream) else None

    def _kinds(self, stream: Stream) -> tuple[str, ...]:
        recording = self._task.recording
        audio = ("audio",) if recording.has_audio and stream.has_audio else ()
        return (*audio, "video") if recording.has_video and stream.has_video else audio

    async def _tap(self, connection: Connection, stream: Stream, path: str) -> None:
        self._streams[stream.id] = (stream, connection)
        self._tapped[connection.id] = stream
        try:
            await self._task.media.open_tap(OpenTap(self._tap_id(stream), stream.id, path, self._kinds(stream)))
        except LinkNotFound:
            # It ended while we were on our way.
            self._tapped.pop(connection.id, None)
        except TapRefused as error:
            self._break(f"the recorder does not take stream {stream.id}: {error}")

    def _tap_id(self, stream: Stream) -> str:
        return f"{self._task.recording.id}/{stream.id}"

    async def _streams_flow(self) -> bool:
        """Wait for the first file of each stream that was there; whether all came, or need not."""
        expected = {stream.id for stream in self._tapped.values()}
        with trio.move_on_after(FLOW_WAIT_S):
            while not {stream.id for stream in self._tapped.values()} & expected <= self._flowing:
                await self._progress.wait()
            return True
        if self._task.properties.ignore_failed_streams:
            return True
        missing = ", ".join(sorted(expected - self._flowing))
        self._failure = f"no media came within {FLOW_WAIT_S:.0f} s from {missing}"
        return False

    # ------------------------------------------------------------------------------------------------------ reports

    async def _read_reports(self, child: Child, *, task_status: trio.TaskStatus[None]) -> None:
        while (report := await child.receive()) is not None:
            if report["event"] == "listening":
                task_status.started()
            else:
                await self._handle(report)
        self._break("the recorder process ended")
        await trio.sleep_forever()

    async def _handle(self, report: Mapping[str, Any]) -> None:
        match report["event"]:
            case "opened" | "closed":
                await self._note_file(report)
            case "keyframe":
                await self._task.media.request_keyframe(report["stream_id"])
            case "failed":
                self._break(f"stream {report['stream_id']} cannot be written: {report['reason']}")

    async def _note_file(self, report: Mapping[str, Any]) -> None:
        file = self._files.setdefault(report["name"], self._new_file(report))
        file.update(report)
        if report["event"] == "closed":
            file.end_time = report["end_ms"]
        try:
            await trio.to_thread.run_sync(stream_files.save, self._task.folder, file)
        except OSError as error:
            self._break(f"what is known of {file.name} cannot be written: {error.strerror}")
        self._flowing.add(file.stream_id)
        self._progress.set()
        self._progress = trio.Event()

    def _new_file(self, report: Mapping[str, Any]) -> StreamFile:
        stream, connection = self._streams[report["stream_id"]]
        return StreamFile(
            name=report["name"],
            connection_id=connection.id,
            stream_id=stream.id,
            client_data=connection.client_data,
            server_data=connection.server_data,
            start_time=report["start_ms"],
            type_of_video=stream.type_of_video,
        )

    def _break(self, failure: str) -> None:
        if self._failure is None:
            _log.error("recording %s: %s", self._task.recording.id, failure)
            self._failure = failure
        self._broken.set()
