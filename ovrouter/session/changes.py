"""Signals, and changes that participants or REST make to what is there. Cold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ovrouter.errors import NotPublishing, SignalTargetUnknown
from ovrouter.session.connection import Connection
from ovrouter.session.properties import Role
from ovrouter.session.room import Room
from ovrouter.session.stream import Stream

__all__ = ["change_connection", "change_stream_property", "send_signal"]


def send_signal(room: Room, *, sender: str | None, to: Sequence[str], type_: str | None, data: str | None) -> None:
    """To those named, or else to everyone, the sender included. Raises SignalTargetUnknown; then nobody gets it."""
    if sender is not None:
        room.participant(sender)
    recipients = tuple(dict.fromkeys(to)) or room.everyone()
    if not room.connections.keys() >= set(recipients):
        raise SignalTargetUnknown('Signal "to" field invalid format: some connectionId does not exist in this session')
    room.announce.signal(sender, type_, data, recipients)


def change_stream_property(room: Room, connection_id: str, *, name: str, new_value: Any, reason: str) -> None:
    """A publisher muted, rotated or replaced something of its stream. Raises ConnectionNotFound, NotPublishing."""
    stream = room.participant(connection_id).stream
    if stream is None:
        raise NotPublishing(f"Participant '{connection_id}' is not streaming media")
    _keep(stream, name, new_value)
    room.announce.stream_changed(stream, name, new_value, reason, room.others(connection_id))


def change_connection(room: Room, connection: Connection, *, role: Role | None, record: bool | None) -> None:
    """None: keep as it is. An active Connection is told of each property that truly changes."""
    if role is not None and role is not connection.role:
        connection.role = role
        _tell(room, connection, "role", role.value)
    if record is not None and record != connection.record:
        connection.record = record
        _tell(room, connection, "record", record)


def _keep(stream: Stream, name: str, new_value: Any) -> None:
    """Later joiners see the new state; tracks are labels that nobody keeps."""
    if name == "audioActive" and isinstance(new_value, bool):
        stream.audio_active = new_value
    elif name == "videoActive" and isinstance(new_value, bool):
        stream.video_active = new_value
    elif name == "videoDimensions" and isinstance(new_value, str):
        stream.video_dimensions = new_value


def _tell(room: Room, connection: Connection, name: str, new_value: str | bool) -> None:
    if room.is_present(connection):
        room.announce.connection_changed(connection, name, new_value)
