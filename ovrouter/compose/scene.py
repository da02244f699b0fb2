"""Which streams of a Session a composition shows, and under which names. Cold."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ovrouter.session import Session
from ovrouter.session.connection import Connection
from ovrouter.session.stream import Stream

__all__ = ["ShownStream", "display_name", "scene"]

_NAME_MEMBERS = ("clientData", "name", "nickname", "username", "userName", "displayName")
"""Where applications keep a name in the JSON they give as data; the first is what OpenVidu's own tutorials do."""


@dataclass(frozen=True, slots=True)
class ShownStream:
    """A stream as a composition needs it."""

    id: str
    name: str
    is_screen: bool
    is_video_on: bool
    kinds: tuple[str, ...]
    """``audio`` and ``video``, as far as it has them and they are wanted."""


def scene(session: Session, *, has_audio: bool, has_video: bool) -> list[ShownStream]:
    """Return what is published now, in the order of joining."""
    return [
        _shown(connection, connection.stream, has_audio=has_audio, has_video=has_video)
        for connection in session.visible_connections
        if connection.stream is not None
    ]


def display_name(connection: Connection) -> str:
    """Return the name that client or application gave, whether as plain text or as a member of JSON; else nothing."""
    return _name_in(connection.client_data) or _name_in(connection.server_data)


def _shown(connection: Connection, stream: Stream, *, has_audio: bool, has_video: bool) -> ShownStream:
    wanted = {"audio": has_audio and stream.has_audio, "video": has_video and stream.has_video}
    return ShownStream(
        id=stream.id,
        name=display_name(connection),
        is_screen=stream.type_of_video == "SCREEN",
        is_video_on=bool(stream.video_active),
        kinds=tuple(kind for kind, is_wanted in wanted.items() if is_wanted),
    )


def _name_in(data: str) -> str:
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError):
        return data
    if not isinstance(parsed, dict):
        return data
    names = (parsed[member] for member in _NAME_MEMBERS if member in parsed)
    return next((name for name in names if isinstance(name, str)), "")
