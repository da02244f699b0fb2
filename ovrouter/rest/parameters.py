"""What a request says: body and query, checked (warm)."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec
from quart import abort, request

from ovrouter.rest.schema import BadParameter, parse

__all__ = ["read_body", "read_query"]

T = TypeVar("T")

_TRUTH = {"true": True, "false": False}
_INTEGER = re.compile(r"-?[0-9]{1,9}")


async def read_body(shape: type[T]) -> T:
    """Return the JSON body as *shape*; no body is an empty object.

    Raises BadParameter; answers 408 if the body does not arrive, 413 if it is too large, 415 if it is not called JSON.
    """
    body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    if body and request.mimetype != "application/json":
        abort(415, "Send the body with Content-Type: application/json")
    return parse(body, shape)


def read_query(shape: type[T]) -> T:
    """Return the query as *shape*; an empty value is as good as none. Raises BadParameter."""
    given = {name: _value(text) for name, text in request.args.items() if text}
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        raise BadParameter(f"Type error in some query parameter: {error}") from error


def _value(text: str) -> bool | int | str:
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    return int(text) if _INTEGER.fullmatch(text) else text
