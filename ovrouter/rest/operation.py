"""What each request handler declares of itself: for the OpenAPI document and the table of statuses (cold)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from msgspec import Struct

from ovrouter.rest.schema import ErrorAnswer

__all__ = ["Operation", "operation", "operation_of"]

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])

Answers = dict[int, tuple[str, Any]]
"""By status: when it is given, and the type of its body. None: no body, or one in some cases only; str: plain text."""

_BAD_QUERY: Answers = {400: ("a query parameter is wrong", ErrorAnswer)}
_BAD_BODY: Answers = {
    400: ("a body parameter is missing or wrong", ErrorAnswer),
    408: ("the body does not arrive", ErrorAnswer),
    413: ("the body is too large", ErrorAnswer),
    415: ("the body is not application/json", ErrorAnswer),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One request handler."""

    bodies: tuple[type, ...]
    """The shapes that its JSON body may have; empty: it reads none."""
    query: type[Struct] | None
    answers: Answers
    """What authentication answers is not among them."""


_declared: dict[Callable[..., Any], Operation] = {}


def operation(
    answers: Answers,
    *,
    body: type | tuple[type, ...] = (),
    query: type[Struct] | None = None,
) -> Callable[[Handler], Handler]:
    """Declare a handler. What every reader of a body or a query answers besides is added to *answers*."""
    bodies = body if isinstance(body, tuple) else (body,)
    common = {**(_BAD_QUERY if query else {}), **(_BAD_BODY if bodies else {})}
    declared = Operation(bodies, query, common | answers)

    def declare(handler: Handler) -> Handler:
        _declared[handler] = declared
        return handler

    return declare


def operation_of(handler: Callable[..., Any]) -> Operation | None:
    """Return what *handler* declared, if anything."""
    return _declared.get(handler)
