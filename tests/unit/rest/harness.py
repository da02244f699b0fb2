"""The REST application on a session plane with a fake media node, and shorthands to ask it."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from ovrouter.config import Config
from ovrouter.errors import (
    AlreadyBroadcast,
    AlreadyRecording,
    CompositionFailed,
    NobodyConnected,
    NotBroadcast,
    RecordingFailed,
    RecordingNotFound,
    RecordingStarting,
    RecordingUnderWay,
    StorageFailed,
)
from ovrouter.events import Event
from ovrouter.recording import Recording, Status, start_recordings
from ovrouter.recording.recording import new_recording
from ovrouter.rest import create_app
from ovrouter.restart import Restarts
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import (
    Connection,
    ConnectionProperties,
    JoinRequest,
    Node,
    NodeIdentity,
    NodeStatus,
    PublishRequest,
    RecordingProperties,
    Session,
    SessionRegistry,
)
from ovrouter.testing.fake_media_node import FakeMediaNode

SECRET = "s3cret"
NOW_MS = 1_700_000_000_000
API = "/openvidu/api"
NOTHING = object()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


AUTHORIZATION = basic("OPENVIDUAPP", SECRET)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        assert self.headers["Content-Type"] == "application/json"
        return json.loads(self.body)


class FakeBroadcasts:
    """Stands for ``ovrouter.broadcast.Broadcasts``: takes every URL but those of a host named ``refusing``."""

    async def start(self, session: Session, url: str, properties: RecordingProperties) -> None:
        if "refusing" in url:
            raise CompositionFailed("Connection refused")
        if session.is_broadcast:
            raise AlreadyBroadcast(session.id)
        session.is_broadcast = True

    async def stop(self, session: Session) -> None:
        if not session.is_broadcast:
            raise NotBroadcast(session.id)
        session.is_broadcast = False


class FakeRecordings:
    """Stands for ``ovrouter.recording.Recordings``: whatever is asked for happens at once, and leaves no file."""

    def __init__(self) -> None:
        self.is_enabled = True
        self.folder = Path("/nonexistent")
        self.failure: str | None = None
        """Why everything fails from now on."""
        self._all: dict[str, Recording] = {}

    def hold_back(self, recording_id: str) -> None:
        """Let the recording be starting still."""
        self._all[recording_id].status = Status.STARTING

    def require_recordable(self, session: Session) -> None:
        if session.properties.media_mode != "ROUTED" or session.id in self._all:
            raise AlreadyRecording(session.id)
        if not session.visible_connections:
            raise NobodyConnected(session.id)

    def active_in(self, session_id: str) -> list[Recording]:
        return [each for each in self._all.values() if each.session_id == session_id and not each.status.is_final]

    async def start(self, session: Session, properties: RecordingProperties) -> Recording:
        if self.failure:
            raise RecordingFailed(self.failure)
        recording = new_recording(session.id, session.id, session.created_at_ms, properties, NOW_MS)
        recording.status = Status.STARTED
        self._all[session.id] = recording
        return recording

    async def stop(self, recording_id: str) -> Recording:
        recording = await self.get(recording_id)
        if recording.status is Status.STARTING:
            raise RecordingStarting(recording_id)
        if recording.status is not Status.STARTED:
            raise RecordingNotFound(recording_id)
        if self.failure:
            raise RecordingFailed(self.failure)
        recording.status = Status.READY
        return recording

    async def get(self, recording_id: str) -> Recording:
        if recording_id not in self._all:
            raise RecordingNotFound(recording_id)
        return self._all[recording_id]

    async def all(self) -> list[Recording]:
        return list(self._all.values())

    async def delete(self, recording_id: str) -> None:
        if not (await self.get(recording_id)).status.is_final:
            raise RecordingUnderWay(recording_id)
        if self.failure:
            raise StorageFailed(self.failure)
        del self._all[recording_id]


class Rest:
    def __init__(self, page_folder=None, nursery: trio.Nursery | None = None, **settings: Any) -> None:
        """With *nursery* it records indeed."""
        self.config = Config(**{"openvidu_secret": SECRET} | settings)
        self.media = FakeMediaNode()
        self.events: list[Event] = []
        self.registry = SessionRegistry(self.config, self.media, self.events.append, lambda: NOW_MS)
        self.registry.nodes.discover()
        self.events.clear()
        self.recordings: Any = FakeRecordings()
        if nursery is not None:
            self.recordings = start_recordings(
                self.config, self.media, self.registry, self.events.append, lambda: NOW_MS, nursery
            )
        self.restarts = Restarts(self.config)
        self.broadcasts = FakeBroadcasts()
        self.app = create_app(
            self.registry,
            self.config,
            SecretGuesses(self.config.openvidu_secret),
            self.media,
            self.restarts.ask,
            self.recordings,
            self.broadcasts,
            now_ms=lambda: NOW_MS,
            page_folder=page_folder,
        )

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = NOTHING,
        *,
        authorization=AUTHORIZATION,
        peer: str = "192.0.2.7",
        **headers: Any,
    ) -> Answer:
        """Ask from *peer*; *body* is sent as JSON, bytes as they are. Underscores in *headers* stand for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if authorization is not None:
            sent["Authorization"] = authorization
        data = None
        if body is not NOTHING:
            sent.setdefault("Content-Type", "application/json")
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = await self.app.test_client().open(
            path, method=method, headers=sent, data=data, scope_base={"client": (peer, 4711)}
        )
        return Answer(response.status_code, await response.get_data(), response.headers)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", API + path, **options)

    async def post(self, path: str, body: Any = NOTHING, **options: Any) -> Answer:
        return await self.ask("POST", API + path, body, **options)

    async def patch(self, path: str, body: Any = NOTHING, **options: Any) -> Answer:
        return await self.ask("PATCH", API + path, body, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        return await self.ask("DELETE", API + path, **options)

    def second_node(self) -> FakeMediaNode:
        """A media node more in the cluster."""
        identity, media = NodeIdentity("second", "10.0.0.2"), FakeMediaNode()
        self.registry.nodes._nodes[identity.id] = Node(identity, media, NOW_MS, NOW_MS, NodeStatus.RUNNING)
        return media

    async def session(self, session_id: str = "A") -> Session:
        """A Session created over REST."""
        assert (await self.post("/sessions", {"customSessionId": session_id})).status == 200
        return self.registry.get(session_id)

    def join(self, session: Session, **request: Any) -> Connection:
        connection = session.create_connection(ConnectionProperties())
        return session.join(JoinRequest(connection.token, **request))

    async def publisher(self, session: Session, **request: Any) -> Connection:
        """A participant that publishes."""
        connection = self.join(session, **request)
        await session.publish(
            connection.id,
            PublishRequest(
                sdp_offer="offer",
                has_audio=True,
                has_video=True,
                audio_active=True,
                video_active=True,
                type_of_video="CAMERA",
                frame_rate=30,
                video_dimensions='{"width":640,"height":480}',
            ),
        )
        return connection
