"""``/ovrouter/api/call``: a token for the call page (warm)."""

from __future__ import annotations

import json

from quart import Blueprint, Response

from ovrouter.errors import SessionNotFound
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body
from ovrouter.rest.responses import json_error, json_response
from ovrouter.rest.schema import BadParameter, CallBody, ErrorAnswer, checked_session_id
from ovrouter.session import ConnectionProperties, Session, SessionProperties

__all__ = ["call"]

MAX_ROOMS = 500
"""Sessions beyond which the page opens no more: in a demo anybody may ask, and unused ones live for an hour."""
MAX_WAITING = 50
"""Unused tokens of one room, for the same reason."""

call = Blueprint("call", __name__, url_prefix="/ovrouter/api/call")


@call.get("")
@operation({200: ("always", dict[str, bool])})
async def describe() -> Response:
    """Tell the page whether it has to ask for the secret. Open to anybody."""
    return json_response({"demo": backend().config.ovrouter_demo})


@call.post("")
@operation(
    {200: ("there is a token", dict[str, str]), 429: ("too many calls are waiting", ErrorAnswer)},
    body=CallBody,
)
async def start() -> Response:
    """Return a token for a room, which is opened if need be. 429 when too many are open or wait."""
    body = await read_body(CallBody)
    session = _room(body.session)
    if session is None or len(session.pending) >= MAX_WAITING:
        return json_error(429, "Too many calls are waiting; try again later")
    connection = session.create_connection(ConnectionProperties(server_data=json.dumps({"name": body.name})))
    return json_response({"token": connection.token})


def _room(session_id: str) -> Session | None:
    """Return the Session of that id, created if there is none; None if there are too many already."""
    registry = backend().registry
    if not session_id:
        raise BadParameter("Parameter 'session' is empty; give the room a name")
    try:
        return registry.get(checked_session_id(session_id, "session"))
    except SessionNotFound:
        if len(registry.sessions()) >= MAX_ROOMS:
            return None
        return registry.create(SessionProperties(custom_session_id=session_id))
