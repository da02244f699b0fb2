"""``/openvidu/api/sessions`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.events import EndReason
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body, read_query
from ovrouter.rest.responses import collection, empty, json_response
from ovrouter.rest.schema import SessionAnswer, SessionBody, SessionQuery, SessionsAnswer
from ovrouter.rest.stats import add_webrtc_stats
from ovrouter.session import session_json

__all__ = ["sessions"]

sessions = Blueprint("sessions", __name__, url_prefix="/openvidu/api/sessions")


@sessions.post("")
@operation(
    {200: ("it is created", SessionAnswer), 409: ("customSessionId is that of an existing Session", None)},
    body=SessionBody,
)
async def create() -> Response:
    """Create a Session."""
    body = await read_body(SessionBody)
    return json_response(session_json(backend().registry.create(body.to_properties())))


@sessions.get("/<session_id>")
@operation({200: ("it exists", SessionAnswer), 404: ("there is no such Session", None)}, query=SessionQuery)
async def get(session_id: str) -> Response:
    """Return one Session."""
    query = read_query(SessionQuery)
    found = session_json(backend().registry.get(session_id), pending_connections=query.pending_connections)
    if query.web_rtc_stats:
        await add_webrtc_stats(found["connections"]["content"])
    return json_response(found)


@sessions.get("")
@operation({200: ("always", SessionsAnswer)}, query=SessionQuery)
async def get_all() -> Response:
    """Return every Session, used or not."""
    query = read_query(SessionQuery)
    found = [
        session_json(session, pending_connections=query.pending_connections)
        for session in backend().registry.sessions()
    ]
    if query.web_rtc_stats:
        for session in found:
            await add_webrtc_stats(session["connections"]["content"])
    return json_response(collection(found))


@sessions.delete("/<session_id>")
@operation({204: ("it has ended", None), 404: ("there is no such Session", None)})
async def close(session_id: str) -> Response:
    """Evict everybody and end the Session."""
    await backend().registry.close(session_id, EndReason.SESSION_CLOSED_BY_SERVER)
    return empty(204)
