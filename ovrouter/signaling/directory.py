"""Who is connected (cold): JSON-RPC sessions by their id, and by the participant they speak for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ovrouter.events import SessionEvent

if TYPE_CHECKING:
    from ovrouter.signaling.rpc_session import RpcSession

__all__ = ["Directory"]

RoomKey = tuple[str, int]
"""Session id and creation time: a customSessionId may be used again before the last client of its first use is gone."""


class Directory:
    """Every JSON-RPC session that has not ended."""

    def __init__(self) -> None:
        self._by_id: dict[str, RpcSession] = {}
        self._rooms: dict[RoomKey, dict[str, RpcSession]] = {}

    def all(self) -> tuple[RpcSession, ...]:
        """Those that joined and those that have not."""
        return tuple(self._by_id.values())

    def get(self, rpc_session_id: object) -> RpcSession | None:
        """Look up an id as the client sent it."""
        return self._by_id.get(rpc_session_id) if isinstance(rpc_session_id, str) else None

    def add(self, rpc_session: RpcSession) -> None:
        """It began."""
        self._by_id[rpc_session.id] = rpc_session

    def enter(self, rpc_session: RpcSession) -> None:
        """It joined: its participant is set and does not change any more."""
        if rpc_session.participant is not None:
            session, connection_id = rpc_session.participant.session, rpc_session.participant.id
            self._rooms.setdefault((session.id, session.created_at_ms), {})[connection_id] = rpc_session

    def remove(self, rpc_session: RpcSession) -> None:
        """It ended. Its place may have been taken: a recorder always has the same connection id."""
        self._by_id.pop(rpc_session.id, None)
        if rpc_session.participant is None:
            return
        session, connection_id = rpc_session.participant.session, rpc_session.participant.id
        key = (session.id, session.created_at_ms)
        room = self._rooms.get(key, {})
        if room.get(connection_id) is rpc_session:
            del room[connection_id]
        if not room:
            self._rooms.pop(key, None)

    def audience(self, event: SessionEvent) -> Iterator[RpcSession]:
        """Those whom *event* is to be told."""
        room = self._room(event)
        return (room[connection_id] for connection_id in event.audience if connection_id in room)

    def participant(self, event: SessionEvent, connection_id: str) -> RpcSession | None:
        """The one that speaks for a Connection of the event's Session."""
        return self._room(event).get(connection_id)

    def _room(self, event: SessionEvent) -> dict[str, RpcSession]:
        return self._rooms.get((event.session_id, event.session_created_at_ms), {})
