"""What a request says: body and query, checked (warm)."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from quart import abort, request

from ovrouter.rest.schema import BadParameter, parse

__all__ = ["flag", "read_body"]

T = TypeVar("T", bound=msgspec.Struct)


async def read_body(shape: type[T]) -> T:
    """Return the JSON body as *shape*; no body is an empty object.

    Raises BadParameter; answers 408 if the body does not arrive, 413 if it is too large, 415 if it is not called JSON.
    """
    body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    if body and request.mimetype != "application/json":
        abort(415, "Send the body with Content-Type: application/json")
    return parse(body, shape)


def flag(name: str, *, default: bool) -> bool:
    """Return the query parameter *name*, which is true or false."""
    match request.args.get(name, "").lower():
        case "":
            return default
        case "true":
            return True
        case "false":
            return False
        case _:
            raise BadParameter(f"Query parameter '{name}' must be true or false")
