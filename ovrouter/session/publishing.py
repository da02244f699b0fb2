"""Publishing: one stream for each Connection. Cold."""

from __future__ import annotations

from ovrouter import ids
from ovrouter.errors import (
    AlreadyPublishing,
    ConnectionNotFound,
    NotPublishing,
    RoleForbids,
    StreamNotFound,
)
from ovrouter.events import EndReason
from ovrouter.medianode import OpenUplink
from ovrouter.session.bandwidth import uplink_limits
from ovrouter.session.connection import Connection
from ovrouter.session.departure import end_stream
from ovrouter.session.requests import PublishRequest, PublishResult
from ovrouter.session.room import Room
from ovrouter.session.stream import Stream, publisher_id_in

__all__ = ["find_stream", "force_unpublish", "publish", "reconnect_publisher", "unpublish"]


async def publish(room: Room, connection_id: str, request: PublishRequest) -> PublishResult:
    """Raises ConnectionNotFound (also if it leaves meanwhile), RoleForbids, AlreadyPublishing and the node's errors."""
    connection = room.participant(connection_id)
    if not connection.may_publish:
        raise RoleForbids("Unable to publish video. The user does not have a valid token")
    if connection.stream is not None or connection.publishing is not None:
        raise AlreadyPublishing(f"User {connection_id} is already publishing in session {room.id}")
    stream = connection.publishing = _new_stream(connection, request, room.now_ms())
    try:
        async with room.links.opening(stream.id, is_wanted=lambda: connection.stream is stream):
            opened = await room.links.media.open_uplink(_command(room, connection, stream, request.sdp_offer))
            if not room.is_present(connection):
                raise ConnectionNotFound(f"User {connection_id} left session {room.id} while it was publishing")
            stream.created_at_ms = stream.published_at_ms = room.now_ms()
            connection.stream = stream
            room.announce.published(stream, room.others(connection_id))
    finally:
        connection.publishing = None
    return PublishResult(opened.sdp_answer, stream)


async def reconnect_publisher(room: Room, connection_id: str, sdp_offer: str) -> PublishResult:
    """Negotiate the published stream anew; nobody is told. Raises as :func:`publish`, and NotPublishing."""
    connection = room.participant(connection_id)
    stream = _published(connection)
    async with room.links.opening(stream.id, is_wanted=lambda: connection.stream is stream):
        opened = await room.links.media.open_uplink(_command(room, connection, stream, sdp_offer))
        if connection.stream is not stream:
            raise NotPublishing(f"Stream '{stream.id}' ended in session '{room.id}' while it was reconnecting")
        stream.created_at_ms = room.now_ms()
    return PublishResult(opened.sdp_answer, stream)


def unpublish(room: Room, connection_id: str) -> None:
    """Raises ConnectionNotFound, NotPublishing."""
    connection = room.participant(connection_id)
    _published(connection)
    end_stream(room, connection, EndReason.UNPUBLISH, room.others(connection_id))


def force_unpublish(room: Room, stream_id: str, *, by: str | None) -> None:
    """A moderator, or the server (None), ends a stream; its owner is told too. Raises RoleForbids, StreamNotFound."""
    if by is not None and not room.participant(by).may_moderate:
        raise RoleForbids("Unable to force unpublish. The user does not have a valid token")
    stream = find_stream(room, stream_id)
    reason = EndReason.FORCE_UNPUBLISH_BY_SERVER if by is None else EndReason.FORCE_UNPUBLISH_BY_USER
    end_stream(room, room.connections[stream.connection_id], reason, room.everyone())


def find_stream(room: Room, stream_id: str) -> Stream:
    """The published stream with this id. Raises StreamNotFound."""
    publisher = room.connections.get(publisher_id_in(stream_id))
    if publisher is None or publisher.stream is None or publisher.stream.id != stream_id:
        raise StreamNotFound(f"Stream '{stream_id}' does not exist in Session '{room.id}'")
    return publisher.stream


def _published(connection: Connection) -> Stream:
    if connection.stream is None:
        raise NotPublishing(f"Participant '{connection.id}' is not streaming media")
    return connection.stream


def _new_stream(connection: Connection, request: PublishRequest, now_ms: int) -> Stream:
    has_audio, has_video = request.has_audio, request.has_video
    return Stream(
        id=ids.stream_id(_media_type(request), connection.id),
        connection_id=connection.id,
        created_at_ms=now_ms,
        published_at_ms=now_ms,
        has_audio=has_audio,
        has_video=has_video,
        audio_active=request.audio_active if has_audio else None,
        video_active=request.video_active if has_video else None,
        type_of_video=request.type_of_video if has_video else None,
        frame_rate=request.frame_rate,
        video_dimensions=request.video_dimensions if has_video else None,
        loopback=request.loopback,
    )


def _media_type(request: PublishRequest) -> str:
    if not request.has_video:
        return "MICRO"
    return request.type_of_video if request.type_of_video in ("CAMERA", "SCREEN") else "CUSTOM"


def _command(room: Room, connection: Connection, stream: Stream, sdp_offer: str) -> OpenUplink:
    return OpenUplink(
        link_id=stream.id,
        session_id=room.id,
        client_id=connection.id,
        sdp_offer=sdp_offer,
        forced_codec=room.codec,
        allow_other_codecs=room.allow_transcoding,
        video_limits=uplink_limits(room.config, connection.kurento_options),
        is_screen=stream.type_of_video == "SCREEN",
        loopback=stream.loopback,
    )
