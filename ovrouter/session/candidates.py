"""Which link a client's trickled ICE candidate belongs to. Cold."""

from __future__ import annotations

from ovrouter.session.connection import Connection
from ovrouter.session.room import Room
from ovrouter.session.stream import downlink_id

__all__ = ["link_of_endpoint"]


def link_of_endpoint(room: Room, connection_id: str, endpoint_connection_id: str) -> str | None:
    """Clients name a PeerConnection by the Connection whose media it carries; None if there is no such link yet."""
    client = room.connections.get(connection_id)
    publisher = room.connections.get(endpoint_connection_id)
    stream_id = _stream_id(publisher)
    if client is None or stream_id is None:
        return None
    return stream_id if publisher is client else downlink_id(client.id, stream_id)


def _stream_id(publisher: Connection | None) -> str | None:
    if publisher is None:
        return None
    stream = publisher.stream or publisher.publishing
    return stream.id if stream is not None else None
