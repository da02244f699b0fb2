"""What the media node finds out about publishers: how good their network is, and who speaks. Cold."""

from __future__ import annotations

from ovrouter.session.room import Room
from ovrouter.session.stream import Stream

__all__ = ["note_network_quality", "note_speaker"]

BROKEN = 0


def note_network_quality(room: Room, stream_id: str, level: int) -> None:
    """Tell everybody how the publisher's network is now, from 0 to 5; nothing happens if the stream is gone."""
    stream = _published(room, stream_id)
    if stream is None or stream.network_quality == level or (level == BROKEN and _is_silent(stream)):
        return
    old_level, stream.network_quality = stream.network_quality, level
    room.announce.network_quality(stream.connection_id, level, old_level, room.everyone())


def note_speaker(room: Room, stream_id: str | None) -> None:
    """Somebody else speaks, or nobody."""
    stream = None if stream_id is None else _published(room, stream_id)
    connection_id = stream.connection_id if stream else None
    if connection_id != room.speaker:
        room.speaker = connection_id
        room.announce.speaker(connection_id)


def _published(room: Room, stream_id: str) -> Stream | None:
    streams = (connection.stream for connection in room.connections.values())
    return next((stream for stream in streams if stream is not None and stream.id == stream_id), None)


def _is_silent(stream: Stream) -> bool:
    """Whether the publisher has switched everything off: then it sends nothing however good its network is."""
    return not stream.audio_active and not stream.video_active
