"""Queries that several requests take (cold)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

__all__ = ["ConnectionQuery", "ConnectionsQuery", "QualityQuery", "SessionQuery"]


class ConnectionQuery(Struct):
    """What to tell of one Connection beyond itself."""

    web_rtc_stats: bool = field(name="webRtcStats", default=False)


class SessionQuery(ConnectionQuery):
    """What to tell of a Session."""

    pending_connections: bool = field(name="pendingConnections", default=False)


class QualityQuery(Struct):
    """How far back to look."""

    seconds: Annotated[int, Meta(ge=1, le=7200)] = 1


class ConnectionsQuery(ConnectionQuery):
    """What to tell of all Connections of a Session."""

    pending_connections: bool = field(name="pendingConnections", default=True)
