"""All Sessions of one router. Cold."""

from __future__ import annotations

from collections.abc import Callable

from ovrouter import ids
from ovrouter.config import Config
from ovrouter.errors import SessionExists, SessionNotFound
from ovrouter.events import Emit, EndReason
from ovrouter.medianode import LinkEvent, MediaNode, RenegotiationNeeded, SpeakerChanged, UplinkRated
from ovrouter.session.announce import Announcer
from ovrouter.session.links import Links
from ovrouter.session.nodes import NodeIdentity, Nodes
from ovrouter.session.properties import SessionProperties
from ovrouter.session.room import Room
from ovrouter.session.session import Session

__all__ = ["SessionRegistry"]

_THIS_ROUTER = NodeIdentity()


class SessionRegistry:
    """Creates, finds and ends Sessions.

    *emit* is called in the middle of a state change: it must not raise and not call back. *now_ms* tells UTC
    milliseconds. *node* says what *media* is called in the cluster; nobody can join before ``nodes.discover()``.
    """

    def __init__(
        self,
        config: Config,
        media: MediaNode,
        emit: Emit,
        now_ms: Callable[[], int],
        *,
        node: NodeIdentity = _THIS_ROUTER,
    ) -> None:
        self._config = config
        self._emit = emit
        self._now_ms = now_ms
        self.nodes = Nodes(node, media, cluster_id=config.openvidu_pro_cluster_id, emit=emit, now_ms=now_ms)
        self._links = Links(media)
        self._sessions: dict[str, Session] = {}

    def create(self, properties: SessionProperties) -> Session:
        """A Session that nobody has joined yet. Raises SessionExists."""
        session_id = properties.custom_session_id or ids.session_id()
        if session_id in self._sessions:
            raise SessionExists(f"Session {session_id} exists already")
        now_ms = self._now_ms()
        announce = Announcer(session_id, now_ms, self._emit, self._now_ms)
        room = Room(
            session_id,
            properties,
            config=self._config,
            links=self._links,
            announce=announce,
            now_ms=self._now_ms,
            place=lambda: self.nodes.place(session_id).id,
            forget=lambda: self._forget(session_id),
        )
        session = self._sessions[session_id] = Session(room, now_ms)
        announce.created()
        return session

    def get(self, session_id: str) -> Session:
        """Raises SessionNotFound."""
        try:
            return self._sessions[session_id]
        except KeyError:
            raise SessionNotFound(f"Session {session_id} cannot be found") from None

    def sessions(self) -> tuple[Session, ...]:
        """All of them, oldest first."""
        return tuple(self._sessions.values())

    async def close(self, session_id: str, reason: EndReason) -> None:
        """Evict everyone and end the Session. Raises SessionNotFound."""
        await self.get(session_id).close(reason)

    async def close_all(self, reason: EndReason) -> None:
        """End every Session there is."""
        for session in self.sessions():
            await session.close(reason)
        await self._links.sweep()

    def collect_garbage(self) -> None:
        """Forget, silently, Sessions that nobody has ever joined within the configured time."""
        oldest_ms = self._now_ms() - self._config.openvidu_sessions_garbage_threshold * 1000
        for session in self.sessions():
            if not session.is_active and not session.connections and session.created_at_ms < oldest_ms:
                session.discard()

    async def handle_link_event(self, event: LinkEvent) -> None:
        """Act on news of the media node.

        Links that go up or down need nothing: clients notice for themselves and reconnect.
        """
        match event:
            case RenegotiationNeeded():
                for session in self.sessions():
                    await session.renegotiate(event.link_id)
            case UplinkRated():
                for session in self.sessions():
                    session.note_network_quality(event.link_id, event.level)
            case SpeakerChanged():
                if event.session_id in self._sessions:
                    self._sessions[event.session_id].note_speaker(event.link_id)

    def _forget(self, session_id: str) -> None:
        del self._sessions[session_id]
        self.nodes.release(session_id)
