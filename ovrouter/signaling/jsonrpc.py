"""The JSON-RPC 2.0 envelope as openvidu-browser speaks it (cold): text in, :class:`Request` out, and back.

One frame is one JSON object. A result is always an object: the browser's decoder throws when an answer has neither
``result`` nor ``error``. Members that are null are left out, never written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = [
    "INTERNAL_ERROR",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "METHOD_NOT_FOUND",
    "PARSE_ERROR",
    "EnvelopeError",
    "Request",
    "RequestId",
    "encode_error",
    "encode_notification",
    "encode_result",
    "encode_value",
    "parse_object",
    "parse_request",
]

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -1
"""OpenVidu answers a missing or mistyped element with -1, not with JSON-RPC's -32602."""
INTERNAL_ERROR = -1

MAX_DEPTH = 16
"""Nesting of a request. The deepest documented one (a filter's options in publishVideo) has 5 levels; a deeper value
would be passed on to every other participant's parser."""

MAX_ID_CHARS = 64
"""openvidu-browser counts ids up from 0, other clients use UUIDs (36 characters); the id is echoed."""

RequestId = int | str


@dataclass(frozen=True, slots=True)
class Request:
    """One call. ``id`` is None when the client wants no answer."""

    id: RequestId | None
    method: str
    params: Mapping[str, Any]


class EnvelopeError(Exception):
    """A frame that is no JSON-RPC request; ``id`` is the request's where it could be read."""

    def __init__(self, code: int, message: str, request_id: RequestId | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.id = request_id


def parse_request(text: str) -> Request:
    """Raises EnvelopeError."""
    try:
        envelope = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise EnvelopeError(PARSE_ERROR, f"Not a JSON text: {error}") from error
    if not isinstance(envelope, dict):
        raise EnvelopeError(INVALID_REQUEST, "A request must be a JSON object")
    request_id = _request_id(envelope)
    if _deeper_than(envelope, MAX_DEPTH):
        raise EnvelopeError(INVALID_REQUEST, f"A request must not nest deeper than {MAX_DEPTH} levels", request_id)
    if envelope.get("jsonrpc") != "2.0":
        raise EnvelopeError(INVALID_REQUEST, 'A request must have "jsonrpc":"2.0"', request_id)
    method, params = envelope.get("method"), envelope.get("params")
    if not isinstance(method, str):
        raise EnvelopeError(INVALID_REQUEST, "A request must name its method", request_id)
    if not (params is None or isinstance(params, dict)):
        raise EnvelopeError(INVALID_REQUEST, "The params of a request must be an object", request_id)
    return Request(request_id, method, params or {})


def parse_object(text: str) -> dict[str, Any] | None:
    """The JSON object that *text* spells, or None if it does not."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) and not _deeper_than(value, MAX_DEPTH) else None


def encode_result(request_id: RequestId | None, result: Mapping[str, Any]) -> str:
    """A success; an empty *result* is sent as ``{}``."""
    return encode_value({"id": request_id, "result": _without_nulls(result), "jsonrpc": "2.0"})


def encode_error(request_id: RequestId | None, code: int, message: str) -> str:
    """A failure. *request_id* is None, and written as null, only if the request's id could not be read."""
    return encode_value({"id": request_id, "error": {"code": code, "message": message}, "jsonrpc": "2.0"})


def encode_notification(method: str, params: Mapping[str, Any]) -> str:
    """A message that wants no answer."""
    return encode_value({"method": method, "params": _without_nulls(params), "jsonrpc": "2.0"})


def encode_value(value: Any) -> str:
    """The JSON text of any JSON value."""
    # Escaping everything beyond ASCII keeps half a surrogate pair, which JSON can spell and UTF-8 cannot, sendable.
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _request_id(envelope: dict[str, Any]) -> RequestId | None:
    request_id = envelope.get("id")
    if request_id is None:
        return None
    # bool is an int in Python, not in JSON
    if isinstance(request_id, bool) or not isinstance(request_id, int | str):
        raise EnvelopeError(INVALID_REQUEST, "The id of a request must be an integer or a string")
    if isinstance(request_id, str) and len(request_id) > MAX_ID_CHARS:
        raise EnvelopeError(INVALID_REQUEST, f"The id of a request must not exceed {MAX_ID_CHARS} characters")
    return request_id


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [child for node in layer for child in _children(node)]
        if not layer:
            return False
    return True


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(member) for key, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(member) for member in value]
    return value
