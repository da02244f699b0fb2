"""``/openvidu/api/tokens``: what came before Connections; old applications use it (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.errors import SessionNotFound
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body
from ovrouter.rest.responses import json_error, json_response
from ovrouter.rest.schema import ErrorAnswer, TokenAnswer, TokenBody
from ovrouter.session import token_json

__all__ = ["tokens"]

tokens = Blueprint("tokens", __name__, url_prefix="/openvidu/api/tokens")


@tokens.post("")
@operation(
    {
        200: ("it is created", TokenAnswer),
        404: ("there is no such Session", ErrorAnswer),
        429: ("the Session has too many Connections that nobody took", ErrorAnswer),
    },
    body=TokenBody,
)
async def create() -> Response:
    """Create a Connection and return its token."""
    body = await read_body(TokenBody)
    properties = body.to_properties(backend().now_ms())
    try:
        session = backend().registry.get(body.session)
    except SessionNotFound:
        return json_error(404, f"Session {body.session} not found")
    return json_response(token_json(session.create_connection(properties)))
