"""What a Session knows of its being recorded, and whom it tells. Cold."""

from __future__ import annotations

from ovrouter.errors import AlreadyRecording
from ovrouter.session.connection import Connection
from ovrouter.session.properties import Role
from ovrouter.session.room import Room, SessionRecording

__all__ = ["audience", "begin", "is_told"]

_ROLES_TOLD = {
    "none": frozenset[Role](),
    "moderator": frozenset({Role.MODERATOR}),
    "publisher_moderator": frozenset({Role.PUBLISHER, Role.MODERATOR}),
    "all": frozenset(Role),
}


def begin(room: Room, recording: SessionRecording) -> None:
    """Raises AlreadyRecording."""
    if room.recording is not None:
        raise AlreadyRecording(f"Session {room.id} is being recorded already")
    room.recording = recording


def is_told(room: Room, connection: Connection) -> bool:
    """Whether a Connection may know of recordings (OPENVIDU_RECORDING_NOTIFICATION)."""
    return not connection.is_internal and connection.role in _ROLES_TOLD[room.config.openvidu_recording_notification]


def audience(room: Room) -> tuple[str, ...]:
    """Ids of the Connections that are told when a recording starts and stops."""
    return tuple(connection.id for connection in room.connections.values() if is_told(room, connection))
