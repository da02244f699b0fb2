"""Exception to status and body (warm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

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
    StorageFailed,
    TooManyPendingConnections,
)
from ovrouter.rest.responses import empty, json_error
from ovrouter.rest.schema import BadParameter, OutOfRange

__all__ = ["register"]

_Handler = Callable[[Exception], Awaitable[Response]]

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
    StorageFailed: 502,
}
_EMPTY_HTTP = frozenset({400, 404, 405})
"""What the API documents to have no body; a 400 with one comes from :class:`BadParameter`."""


def register(app: Quart) -> None:
    """Let *app* answer with the documented status. Anything unforeseen is logged by Quart and answered 500."""
    app.register_error_handler(BadParameter, _explained(400))
    app.register_error_handler(OutOfRange, _explained(422))
    app.register_error_handler(HTTPException, _http_error)
    for cause, status in _EMPTY.items():
        app.register_error_handler(cause, _bare(status))
    for cause, status in _JSON.items():
        app.register_error_handler(cause, _explained(status))


def _explained(status: int) -> _Handler:
    async def answer(error: Exception) -> Response:
        return json_error(status, str(error))

    return answer


def _bare(status: int) -> _Handler:
    async def answer(_: Exception) -> Response:
        return empty(status)

    return answer


async def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = empty(status) if status in _EMPTY_HTTP else json_error(status, error.description or "")
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            response.headers[name] = value
    return response
