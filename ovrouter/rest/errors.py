"""Exception to status and body (warm)."""

from __future__ import annotations

from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from ovrouter.errors import (
    AlreadyBroadcast,
    AlreadyRecording,
    IpCameraUnpublish,
    NobodyConnected,
    NodeExists,
    NodeStatusUnreachable,
    NodeUnreachable,
    NoMediaNode,
    NotBroadcast,
    NotFound,
    OvrouterError,
    RecordingStarting,
    RecordingUnderWay,
    SessionClosing,
    SessionExists,
    SignalTargetUnknown,
    TooManyPendingConnections,
)
from ovrouter.rest.responses import empty, json_error
from ovrouter.rest.schema import BadParameter, OutOfRange

__all__ = ["register"]

_EMPTY: dict[type[OvrouterError], int] = {
    NotFound: 404,
    SessionClosing: 404,
    IpCameraUnpublish: 405,
    SessionExists: 409,
    AlreadyRecording: 409,
    RecordingUnderWay: 409,
    RecordingStarting: 406,
    NobodyConnected: 406,
    NodeExists: 409,
    AlreadyBroadcast: 409,
    NotBroadcast: 409,
}
_JSON: dict[type[OvrouterError], int] = {
    SignalTargetUnknown: 406,
    NodeStatusUnreachable: 400,
    NodeUnreachable: 404,
    TooManyPendingConnections: 429,
    NoMediaNode: 503,
}
_EMPTY_HTTP = frozenset({400, 404, 405})
"""What the API documents to have no body; a 400 with one comes from :class:`BadParameter`."""


def register(app: Quart) -> None:
    """Let *app* answer with the documented status. Anything unforeseen is logged by Quart and answered 500."""
    app.register_error_handler(BadParameter, lambda error: json_error(400, str(error)))
    app.register_error_handler(OutOfRange, lambda error: json_error(422, str(error)))
    app.register_error_handler(HTTPException, _http_error)
    for cause, status in _EMPTY.items():
        app.register_error_handler(cause, lambda _, status=status: empty(status))
    for cause, status in _JSON.items():
        app.register_error_handler(cause, lambda error, status=status: json_error(status, str(error)))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = empty(status) if status in _EMPTY_HTTP else json_error(status, error.description or "")
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response
