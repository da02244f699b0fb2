"""How a request's JSON becomes a declared shape, and what several shapes share (cold).

Names are those on the wire, in snake case. Members that are not listed are ignored, null is as good as absent.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from ovrouter.rest.schema.culprit import culprit

__all__ = [
    "MAX_SESSION_ID",
    "BadParameter",
    "Integer",
    "MediaNodeSelector",
    "Number",
    "OutOfRange",
    "checked_session_id",
    "parse",
]

MAX_INT32 = 2**31 - 1
MAX_SESSION_ID = 200
"""It becomes part of URLs and, with a suffix, of file names (255 bytes on Linux)."""

_SESSION_ID = re.compile(r"[a-zA-Z0-9_-]+")

Integer: TypeAlias = int | Annotated[float, Meta(multiple_of=1)]
"""JSON has one type of number: what some languages write as 25 is 25.0 in others."""
Number: TypeAlias = (
    Annotated[int, Meta(ge=0, le=MAX_INT32)]
    | Annotated[float, Meta(ge=0, le=MAX_INT32, multiple_of=1)]
    | Annotated[str, Meta(pattern=r"^[0-9]{1,9}\Z")]
)
"""OpenVidu takes numeric strings for some numbers."""

T = TypeVar("T")


class BadParameter(Exception):
    """A request says something it may not; the message names the parameter."""


class OutOfRange(BadParameter):
    """A value of the right type that is too small, too large or contradicts another: 422 where that is documented."""


def parse(body: bytes | Raw, shape: type[T]) -> T:
    """Return JSON text as *shape*. Empty text and null are an empty object. Raises BadParameter."""
    text = bytes(body).strip()
    try:
        return msgspec.json.decode(b"{}" if text in {b"", b"null"} else text, type=shape)
    except msgspec.ValidationError as error:
        raise BadParameter(f"Type error in some parameter: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadParameter(culprit(text) or f"The body is not valid JSON: {error}") from error


class MediaNodeSelector(Struct):
    """Names the media node to use."""

    id: str


def checked_session_id(session_id: str, parameter: str) -> str:
    """Return *session_id*, which may be empty. Raises BadParameter."""
    if session_id and not _SESSION_ID.fullmatch(session_id):
        raise BadParameter(
            f"Some parameter is not valid. Parameter '{parameter}' is wrong. "
            "Must be an alphanumeric string [a-zA-Z0-9_-]"
        )
    if len(session_id) > MAX_SESSION_ID:
        raise BadParameter(f"Parameter '{parameter}' is longer than {MAX_SESSION_ID} characters")
    return session_id
