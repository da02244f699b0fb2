"""The state of one Session that all of its rules work on: who is here, and the means to act. Cold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ovrouter.config import Config
from ovrouter.errors import ConnectionNotFound
from ovrouter.events import EndReason
from ovrouter.session.announce import Announcer
from ovrouter.session.codec import resolve_forced_codec
from ovrouter.session.connection import Connection
from ovrouter.session.links import Links
from ovrouter.session.properties import SessionProperties

__all__ = ["Room", "SessionRecording"]


class SessionRecording(Protocol):
    """A recording under way. While a Session has one, it stays when the last participant leaves."""

    @property
    def id(self) -> str:
        """Of the recording."""

    @property
    def name(self) -> str:
        """Of the recording."""

    async def stop(self, reason: EndReason) -> None:
        """End it and wait until its files are ready. Never raises; calling again while it ends is fine."""


class Room:
    """Who is in a Session. The rules live in the modules named after what clients do."""

    def __init__(
        self,
        session_id: str,
        properties: SessionProperties,
        *,
        config: Config,
        links: Links,
        announce: Announcer,
        now_ms: Callable[[], int],
        place: Callable[[], str],
        forget: Callable[[], None],
    ) -> None:
        self.id = session_id
        self.properties = properties
        self.config = config
        self.links = links
        self.announce = announce
        self.now_ms = now_ms
        self.place = place
        """Finds the media node that hosts the Session and returns its id. Raises NoMediaNode."""
        self.forget = forget
        """Called once, when the Session is gone."""
        self.connections: dict[str, Connection] = {}
        """Active Connections by id, in the order they joined."""
        self.pending: dict[str, Connection] = {}
        """Connections nobody took yet, by token value."""
        self.media_node_id: str | None = None
        """Known from the first client on."""
        self.is_active = False
        self.recording: SessionRecording | None = None
        self.closing_reason: EndReason | None = None
        self.is_destroyed = False
        self.is_broadcast = False
        self.speaker: str | None = None
        """Id of the Connection that speaks; None if nobody has for a while."""
        self.before_end: list[Callable[[EndReason], None]] = []
        """What depends on the Session and ends before it: called in order, once, when everybody has left."""

        self.forced_video_codec = (
            config.openvidu_streams_forced_video_codec
            if properties.forced_video_codec is None
            else properties.forced_video_codec
        )
        self.allow_transcoding = (
            config.openvidu_streams_allow_transcoding
            if properties.allow_transcoding is None
            else properties.allow_transcoding
        )
        self.codec = resolve_forced_codec(self.forced_video_codec, config.openvidu_enterprise_media_server)

    @property
    def visible(self) -> tuple[Connection, ...]:
        """The participants that users know of."""
        return tuple(connection for connection in self.connections.values() if not connection.is_internal)

    def everyone(self) -> tuple[str, ...]:
        """Ids of all active Connections, the internal ones included."""
        return tuple(self.connections)

    def others(self, connection_id: str) -> tuple[str, ...]:
        """Ids of all active Connections but one."""
        return tuple(id_ for id_ in self.connections if id_ != connection_id)

    def participant(self, connection_id: str) -> Connection:
        """The active Connection with this id. Raises ConnectionNotFound."""
        try:
            return self.connections[connection_id]
        except KeyError:
            raise ConnectionNotFound(f"User {connection_id} not found in session {self.id}") from None

    def is_present(self, connection: Connection) -> bool:
        """Whether this very Connection is still in the Session; to be asked after every wait."""
        return self.connections.get(connection.id) is connection
