"""A router's session plane on a fake media node, and shorthands to act in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ovrouter.config import Config
from ovrouter.events import Event
from ovrouter.session import (
    Connection,
    ConnectionProperties,
    JoinRequest,
    PublishRequest,
    Role,
    Session,
    SessionProperties,
    SessionRegistry,
    Stream,
)
from ovrouter.testing.fake_media_node import FakeMediaNode

NOW_MS = 1_700_000_000_000


class World:
    def __init__(self, **settings: Any) -> None:
        self.config = Config(**{"openvidu_secret": "s3cret"} | settings)
        self.media = FakeMediaNode()
        self.events: list[Event] = []
        self.now_ms = NOW_MS
        self.registry = SessionRegistry(self.config, self.media, self.events.append, lambda: self.now_ms)
        self.registry.nodes.discover()
        self.events.clear()

    def session(self, **properties: Any) -> Session:
        return self.registry.create(SessionProperties(**properties))

    def join(self, session: Session, role: Role = Role.PUBLISHER, **properties: Any) -> Connection:
        connection = session.create_connection(ConnectionProperties(role=role, **properties))
        return session.join(JoinRequest(connection.token))

    def join_with_secret(self, session: Session, **request: Any) -> Connection:
        return session.join(JoinRequest("", secret="s3cret", **request))

    async def publish(self, session: Session, connection: Connection) -> Stream:
        return (await session.publish(connection.id, self.publish_request())).stream

    async def subscribe(self, session: Session, connection: Connection, stream: Stream) -> None:
        await session.subscribe(connection.id, stream.id, sdp_offer="offer")

    def publish_request(self, **changes: Any) -> PublishRequest:
        return PublishRequest(
            **{
                "sdp_offer": "offer",
                "has_audio": True,
                "has_video": True,
                "audio_active": True,
                "video_active": True,
                "type_of_video": "CAMERA",
                "frame_rate": 30,
                "video_dimensions": '{"width":640,"height":480}',
            }
            | changes
        )

    def take_events(self) -> list[Event]:
        """Those since the last call."""
        taken = self.events[:]
        self.events.clear()
        return taken

    def told(self) -> list[tuple[str, str | None, tuple[str, ...]]]:
        """(event, Connection it is about, audience) since the last call."""
        return [
            (type(event).__name__, getattr(event, "connection_id", None), event.audience)
            for event in self.take_events()
        ]


@pytest.fixture
def make_world() -> Callable[..., World]:
    return World


@pytest.fixture
def world() -> World:
    return World()
