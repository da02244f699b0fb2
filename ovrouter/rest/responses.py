"""Responses in the forms the API documents (warm)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from quart import Response, request

__all__ = ["collection", "empty", "json_error", "json_response", "text"]


def json_response(value: Any, status: int = 200) -> Response:
    """*value* as JSON, members in the order given."""
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def collection(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The JSON of a list of objects."""
    return {"numberOfElements": len(items), "content": items}


def empty(status: int) -> Response:
    """A status that says it all."""
    response = Response(b"", status)
    response.headers.remove("Content-Type")
    if status == HTTPStatus.NO_CONTENT:
        response.headers.remove("Content-Length")  # RFC 9110 section 8.6
    return response


def text(status: int, message: str) -> Response:
    """A failure whose cause OpenVidu sends as plain text."""
    return Response(message, status, mimetype="text/plain")


def json_error(status: int, message: str) -> Response:
    """The documented error object; *message* is for the person who reads the caller's log."""
    error = {
        "timestamp": time.time_ns() // 1_000_000,
        "status": status,
        "error": HTTPStatus(status).phrase,
        "message": message,
        "path": request.path,
    }
    return json_response(error, status)
