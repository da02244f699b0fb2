"""``/openvidu/api/sessions/<id>/connection`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.events import EndReason
from ovrouter.rest.backend import backend
from ovrouter.rest.lookup import session_or_400
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body, read_query
from ovrouter.rest.responses import collection, empty, json_error, json_response
from ovrouter.rest.schema import (
    ChangeBody,
    ConnectionAnswer,
    ConnectionKind,
    ConnectionQuery,
    ConnectionsAnswer,
    ConnectionsQuery,
    ErrorAnswer,
    IpCameraBody,
    WebrtcBody,
)
from ovrouter.rest.stats import add_webrtc_stats
from ovrouter.session import connection_json

__all__ = ["connections"]

connections = Blueprint("connections", __name__, url_prefix="/openvidu/api/sessions/<session_id>/connection")


@connections.post("")
@operation(
    {
        200: ("it is created", ConnectionAnswer),
        404: ("there is no such Session", None),
        429: ("the Session has too many Connections that nobody took", ErrorAnswer),
        501: ("type is IPCAM: IP cameras are not in this release", ErrorAnswer),
    },
    body=(WebrtcBody, IpCameraBody),
)
async def create(session_id: str) -> Response:
    """Create a Connection; its token lets one client in."""
    session = backend().registry.get(session_id)
    kind = await read_body(ConnectionKind)
    if kind.type == "IPCAM":
        await read_body(IpCameraBody)
        return json_error(501, "IP cameras are not available in this release")
    body = await read_body(WebrtcBody)
    return json_response(connection_json(session.create_connection(body.to_properties(backend().now_ms()))))


@connections.get("/<connection_id>")
@operation(
    {
        200: ("it exists", ConnectionAnswer),
        400: ("there is no such Session, or a query parameter is wrong", None),
        404: ("the Session has no such Connection", None),
    },
    query=ConnectionQuery,
)
async def get(session_id: str, connection_id: str) -> Response:
    """Return one Connection."""
    query = read_query(ConnectionQuery)
    found = connection_json(session_or_400(session_id).connection(connection_id))
    if query.web_rtc_stats:
        await add_webrtc_stats([found])
    return json_response(found)


@connections.get("")
@operation(
    {200: ("the Session exists", ConnectionsAnswer), 404: ("there is no such Session", None)}, query=ConnectionsQuery
)
async def get_all(session_id: str) -> Response:
    """Return the active Connections, then those that wait for their client."""
    session = backend().registry.get(session_id)
    query = read_query(ConnectionsQuery)
    found = [connection_json(connection) for connection in session.visible_connections]
    if query.pending_connections:
        found += [connection_json(connection) for connection in session.pending.values()]
    if query.web_rtc_stats:
        await add_webrtc_stats(found)
    return json_response(collection(found))


@connections.patch("/<connection_id>")
@operation(
    {200: ("it is as asked for", ConnectionAnswer), 404: ("there is no such Session or Connection", None)},
    body=ChangeBody,
)
async def change(session_id: str, connection_id: str) -> Response:
    """Change role or record; the client is told of what differs."""
    session = backend().registry.get(session_id)
    session.connection(connection_id)
    body = await read_body(ChangeBody)
    return json_response(connection_json(session.change_connection(connection_id, role=body.role, record=body.record)))


@connections.delete("/<connection_id>")
@operation(
    {
        204: ("it has ended", None),
        400: ("there is no such Session", None),
        404: ("the Session has no such Connection", None),
    }
)
async def remove(session_id: str, connection_id: str) -> Response:
    """Evict the client, or void the token nobody has used."""
    await session_or_400(session_id).evict(connection_id, EndReason.FORCE_DISCONNECT_BY_SERVER)
    return empty(204)
