"""Recordings on a session plane whose media node plays a film of two seconds into every tap."""

from __future__ import annotations

import json
import os
import socket
import time
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from ovrouter.config import Config
from ovrouter.events import Event, RecordingStatusChanged
from ovrouter.medianode import OpenTap
from ovrouter.recording import Recordings, start_recordings
from ovrouter.session import (
    Connection,
    ConnectionProperties,
    JoinRequest,
    PublishRequest,
    RecordingProperties,
    Role,
    Session,
    SessionProperties,
    SessionRegistry,
)
from ovrouter.testing.fake_media_node import FakeMediaNode
from tests.unit.recorder.test_process import packets

INDIVIDUAL = RecordingProperties(output_mode="INDIVIDUAL")
DEADLINE_S = 60


class PlayingMediaNode(FakeMediaNode):
    """Plays, and then holds the tap open until it is closed; silent for the uplinks in ``silent``."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: set[str] = set()
        self._connections: dict[str, socket.socket] = {}

    async def open_tap(self, command: OpenTap) -> None:
        await super().open_tap(command)
        connection = self._connections[command.tap_id] = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
        connection.connect(command.path)
        if command.uplink_id not in self.silent:
            for message in packets(tap_id=command.tap_id):
                connection.send(message)

    async def close_tap(self, tap_id: str) -> None:
        await super().close_tap(tap_id)
        if tap_id in self._connections:
            self._connections.pop(tap_id).close()

    async def close_link(self, link_id: str) -> None:
        for tap_id in [id_ for id_, tap in self.taps.items() if tap.uplink_id == link_id]:
            await self.close_tap(tap_id)
        await super().close_link(link_id)

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


class World:
    def __init__(self, nursery: trio.Nursery, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.config = Config(
            **{
                "openvidu_secret": "s3cret",
                "openvidu_recording": True,
                "openvidu_recording_path": f"{folder}/",
                "ovrouter_recording_min_free_mb": 0,
            }
            | settings
        )
        self.events: list[Event] = []
        self.media = PlayingMediaNode()
        self.sessions = SessionRegistry(self.config, self.media, self._emit, now_ms)
        self.sessions.nodes.discover()
        self.recordings: Recordings = start_recordings(
            self.config, self.media, self.sessions, self._emit, now_ms, nursery
        )
        self._changed = trio.Event()

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        if hasattr(self, "recordings"):
            self.recordings.notice(event)
            self._changed.set()
            self._changed = trio.Event()

    def session(self, **properties: Any) -> Session:
        return self.sessions.create(SessionProperties(custom_session_id="A", **properties))

    def join(self, session: Session, role: Role = Role.PUBLISHER, **properties: Any) -> Connection:
        connection = session.create_connection(ConnectionProperties(role=role, **properties))
        return session.join(JoinRequest(connection.token, client_data="Alice"))

    async def publisher(self, session: Session, **properties: Any) -> Connection:
        connection = self.join(session, **properties)
        await session.publish(
            connection.id,
            PublishRequest("offer", True, True, True, True, "CAMERA", 30, '{"width":320,"height":240}'),
        )
        return connection

    def statuses(self) -> list[tuple[str, str | None]]:
        """(status, reason) of each change, oldest first."""
        return [
            (event.recording["status"], event.reason and event.reason.value)
            for event in self.events
            if isinstance(event, RecordingStatusChanged)
        ]

    async def wait_status(self, status: str) -> None:
        while status not in [each for each, _ in self.statuses()]:
            await self._changed.wait()

    def unpacked(self, recording: Any, target: Path) -> dict[str, Any]:
        """The JSON file of an archive, whose files are put into *target*."""
        with zipfile.ZipFile(self.folder / recording.id / f"{recording.name}.zip") as archive:
            archive.extractall(target)
        return json.loads((target / f"{recording.name}.json").read_text())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def running_world(folder: Path, **settings: Any) -> AsyncIterator[World]:
    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as nursery:
            world = World(nursery, folder, **settings)
            try:
                yield world
            finally:
                world.media.close()
                nursery.cancel_scope.cancel()


async def until(predicate: Callable[[], bool]) -> None:
    """Wait for something in the file system, which nobody tells."""
    while not predicate():  # noqa: ASYNC110
        await trio.sleep(0.02)


def recorder_pid() -> int:
    """Of the only recorder process that is a child of ours."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            command = (path / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == os.getpid() and b"ovrouter.recorder" in command:
            found.append(int(path.name))
    (pid,) = found
    return pid
