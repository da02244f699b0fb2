"""A Session as the rest of the router uses it; the rules are in the modules it delegates to. Cold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ovrouter.errors import ConnectionNotFound, SdpMalformed
from ovrouter.events import EndReason
from ovrouter.medianode import RemoteCandidate
from ovrouter.session import arrival, changes, departure, observations, publishing, subscribing
from ovrouter.session import recording as session_recording
from ovrouter.session.candidates import link_of_endpoint
from ovrouter.session.connection import Connection
from ovrouter.session.properties import ConnectionProperties, Role, SessionProperties
from ovrouter.session.requests import JoinRequest, PublishRequest, PublishResult
from ovrouter.session.room import Room, SessionRecording
from ovrouter.session.stream import Stream

__all__ = ["Session"]


class Session:
    """Participants who can see each other.

    Methods change state and emit events in one step; the awaitable ones wait for the media node only. A cancelled call
    leaves no link behind. ``connection_id`` is always that of the caller.
    """

    def __init__(self, room: Room, created_at_ms: int) -> None:
        self._room = room
        self.created_at_ms = created_at_ms

    @property
    def id(self) -> str:
        """The customSessionId, or a random one."""
        return self._room.id

    @property
    def properties(self) -> SessionProperties:
        """What it was created with."""
        return self._room.properties

    @property
    def forced_video_codec(self) -> str:
        """As asked for or configured, e.g. MEDIA_SERVER_PREFERRED."""
        return self._room.forced_video_codec

    @property
    def allow_transcoding(self) -> bool:
        """As asked for or configured."""
        return self._room.allow_transcoding

    @property
    def media_node_id(self) -> str | None:
        """The media node that hosts it; None until the first client joins."""
        return self._room.media_node_id

    @property
    def is_active(self) -> bool:
        """Whether a user has joined and the Session has not ended."""
        return self._room.is_active and not self._room.is_destroyed

    @property
    def is_closing(self) -> bool:
        """Whether it takes no new participants any more."""
        return self._room.is_destroyed or self._room.closing_reason is not None

    @property
    def is_broadcast(self) -> bool:
        """Whether it is being sent to a live server."""
        return self._room.is_broadcast

    @is_broadcast.setter
    def is_broadcast(self, value: bool) -> None:
        self._room.is_broadcast = value

    @property
    def active_speaker(self) -> str | None:
        """Id of the Connection that speaks; None if nobody has for a while."""
        return self._room.speaker

    @property
    def before_end(self) -> list[Callable[[EndReason], None]]:
        """Functions to be called when everybody has left, before the end is announced; they may emit events."""
        return self._room.before_end

    @property
    def connections(self) -> Mapping[str, Connection]:
        """Active Connections by id, internal ones included."""
        return MappingProxyType(self._room.connections)

    @property
    def visible_connections(self) -> tuple[Connection, ...]:
        """Active Connections that users and REST see, in the order they joined."""
        return self._room.visible

    @property
    def pending(self) -> Mapping[str, Connection]:
        """Connections nobody took yet, by id."""
        return {connection.id: connection for connection in self._room.pending.values()}

    def connection(self, connection_id: str) -> Connection:
        """The active or pending Connection. Raises ConnectionNotFound."""
        connection = self._room.connections.get(connection_id) or self.pending.get(connection_id)
        if connection is None:
            raise ConnectionNotFound(f"Connection {connection_id} not found in session {self.id}")
        return connection

    def stream(self, stream_id: str) -> Stream:
        """The published stream. Raises StreamNotFound."""
        return publishing.find_stream(self._room, stream_id)

    @property
    def recording(self) -> SessionRecording | None:
        """The recording under way."""
        return self._room.recording

    def begin_recording(self, recording: SessionRecording) -> None:
        """From now on *recording* decides when the Session ends without participants. Raises AlreadyRecording."""
        session_recording.begin(self._room, recording)

    def end_recording(self) -> None:
        """It is over."""
        self._room.recording = None

    def announce_recording(
        self, recording: dict[str, Any], reason: EndReason | None = None, timestamp_ms: int | None = None
    ) -> None:
        """Emit RecordingStatusChanged; clients are told of ``started`` and ``stopped``."""
        is_told = recording["status"] in ("started", "stopped")
        audience = session_recording.audience(self._room) if is_told else ()
        self._room.announce.recording_changed(recording, reason, audience, timestamp_ms)

    def is_told_of_recording(self, connection: Connection) -> bool:
        """Whether the role of *connection* may know of recordings."""
        return session_recording.is_told(self._room, connection)

    def create_connection(self, properties: ConnectionProperties) -> Connection:
        """A pending Connection with a fresh token. Raises SessionClosing, TooManyPendingConnections."""
        return arrival.create_connection(self._room, properties)

    def join(self, request: JoinRequest) -> Connection:
        """Let a client in; the others are told. Raises TokenInvalid, SessionClosing, NoMediaNode."""
        return arrival.join(self._room, request)

    async def leave(self, connection_id: str, reason: EndReason) -> None:
        """Take an active Connection out; nothing happens if it has gone already."""
        connection = self._room.connections.get(connection_id)
        if connection is not None:
            departure.depart(self._room, connection, reason, is_evicted=False)
        await self._room.links.sweep()

    async def evict(self, connection_id: str, reason: EndReason) -> None:
        """Make an active Connection leave, or revoke a pending one. Raises ConnectionNotFound."""
        departure.evict(self._room, connection_id, reason)
        await self._room.links.sweep()

    async def force_disconnect(self, connection_id: str, *, by: str) -> None:
        """Moderator *by* makes *connection_id* leave. Raises RoleForbids, ConnectionNotFound."""
        departure.force_disconnect(self._room, connection_id, by=by)
        await self._room.links.sweep()

    async def close(self, reason: EndReason) -> None:
        """Evict everyone and end the Session; calling again while it closes is fine."""
        await departure.close(self._room, reason)

    def discard(self) -> None:
        """End a Session that nobody is in; nobody is told."""
        departure.discard(self._room)

    async def publish(self, connection_id: str, request: PublishRequest) -> PublishResult:
        """Raises ConnectionNotFound, RoleForbids, AlreadyPublishing, ForcedCodecMissing, SdpMalformed."""
        return await publishing.publish(self._room, connection_id, request)

    async def reconnect_publisher(self, connection_id: str, sdp_offer: str) -> PublishResult:
        """Same stream, new ``created_at_ms``, no event. Raises as :meth:`publish`, and NotPublishing."""
        return await publishing.reconnect_publisher(self._room, connection_id, sdp_offer)

    async def unpublish(self, connection_id: str) -> None:
        """Raises ConnectionNotFound, NotPublishing."""
        publishing.unpublish(self._room, connection_id)
        await self._room.links.sweep()

    async def force_unpublish(self, stream_id: str, *, by: str | None) -> None:
        """Moderator *by*, or the server (None), ends a stream. Raises RoleForbids, StreamNotFound."""
        publishing.force_unpublish(self._room, stream_id, by=by)
        await self._room.links.sweep()

    async def prepare_subscription(self, connection_id: str, stream_id: str, *, reconnect: bool) -> str:
        """The server's SDP offer. Raises ConnectionNotFound, NotPublishing, StreamNotFound."""
        return await subscribing.prepare(self._room, connection_id, stream_id, is_reconnection=reconnect)

    async def subscribe(
        self, connection_id: str, stream_id: str, *, sdp_offer: str | None = None, sdp_answer: str | None = None
    ) -> str | None:
        """Subscribe with the client's offer (returns the answer) or its answer to the prepared offer (returns None).

        Raises as :meth:`prepare_subscription`, and LinkNotFound, SdpMalformed, ForcedCodecMissing. With both, the
        offer counts.
        """
        return await self._subscribe(connection_id, stream_id, sdp_offer, sdp_answer, is_reconnection=False)

    async def reconnect_subscriber(
        self, connection_id: str, stream_id: str, *, sdp_offer: str | None = None, sdp_answer: str | None = None
    ) -> str | None:
        """As :meth:`subscribe`, but an existing subscription goes on and nobody is told."""
        return await self._subscribe(connection_id, stream_id, sdp_offer, sdp_answer, is_reconnection=True)

    async def unsubscribe(self, connection_id: str, publisher_connection_id: str) -> None:
        """Without a subscription nothing happens. Raises ConnectionNotFound."""
        subscribing.unsubscribe(self._room, connection_id, publisher_connection_id)
        await self._room.links.sweep()

    async def renegotiate(self, link_id: str) -> None:
        """The media node wants the downlink offered anew; nothing happens if it is gone."""
        for subscriber in tuple(self._room.connections.values()):
            for subscription in tuple(subscriber.downlinks.values()):
                if subscription.link_id == link_id:
                    await subscribing.renegotiate(self._room, subscriber, subscription)

    def note_network_quality(self, stream_id: str, level: int) -> None:
        """The network of a stream's publisher was rated anew, from 0 to 5; nothing happens if the stream is gone."""
        observations.note_network_quality(self._room, stream_id, level)

    def note_speaker(self, stream_id: str | None) -> None:
        """The publisher of this stream speaks, or nobody any more."""
        observations.note_speaker(self._room, stream_id)

    async def add_candidate(
        self, connection_id: str, endpoint_connection_id: str, candidate: str, sdp_mid: str, sdp_mline_index: int
    ) -> None:
        """Keep a client's ICE candidate; one for an endpoint that is not there is dropped."""
        link_id = link_of_endpoint(self._room, connection_id, endpoint_connection_id)
        if link_id is not None:
            await self._room.links.media.add_remote_candidate(
                RemoteCandidate(link_id, candidate, sdp_mid, sdp_mline_index)
            )

    def send_signal(self, *, sender: str | None, to: Sequence[str], type: str | None, data: str | None) -> None:
        """*sender* None: the server. Empty *to*: everyone. Raises ConnectionNotFound (sender), SignalTargetUnknown."""
        changes.send_signal(self._room, sender=sender, to=to, type_=type, data=data)

    def change_stream_property(self, connection_id: str, *, property: str, new_value: Any, reason: str) -> None:
        """Of the stream that the caller publishes. Raises ConnectionNotFound, NotPublishing."""
        changes.change_stream_property(self._room, connection_id, name=property, new_value=new_value, reason=reason)

    def change_connection(
        self, connection_id: str, *, role: Role | None = None, record: bool | None = None
    ) -> Connection:
        """Of an active or pending Connection; None keeps. Raises ConnectionNotFound."""
        connection = self.connection(connection_id)
        changes.change_connection(self._room, connection, role=role, record=record)
        return connection

    async def _subscribe(
        self,
        connection_id: str,
        stream_id: str,
        sdp_offer: str | None,
        sdp_answer: str | None,
        *,
        is_reconnection: bool,
    ) -> str | None:
        if sdp_offer is not None:
            return await subscribing.offer(
                self._room, connection_id, stream_id, sdp_offer, is_reconnection=is_reconnection
            )
        if sdp_answer is None:
            raise SdpMalformed("A subscription needs an SDP offer, or an SDP answer to the offer it prepared")
        await subscribing.answer(self._room, connection_id, stream_id, sdp_answer)
        return None
