"""Queries that several requests take (cold)."""

from __future__ import annotations

from msgspec import Struct, field

__all__ = ["ConnectionQuery", "ConnectionsQuery", "SessionQuery"]


class ConnectionQuery(Struct):
    """What to tell of one Connection beyond itself."""

    web_rtc_stats: bool = field(name="webRtcStats", default=False)


class SessionQuery(ConnectionQuery):
    """What to tell of a Session."""

    pending_connections: bool = field(name="pendingConnections", default=False)


class ConnectionsQuery(ConnectionQuery):
    """What to tell of all Connections of a Session."""

    pending_connections: bool = field(name="pendingConnections", default=True)
