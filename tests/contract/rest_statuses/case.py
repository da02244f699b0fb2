"""One request, and what must come of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.unit.rest.harness import NOTHING, Rest

__all__ = [
    "API",
    "EMPTY",
    "ERROR",
    "JSON",
    "NOTHING",
    "NOWHERE",
    "SESSIONS",
    "TEXT",
    "UNUSED",
    "USED",
    "Case",
    "filled",
]

API = "/openvidu/api"
SESSIONS = f"{API}/sessions"
USED = f"{SESSIONS}/used"
UNUSED = f"{SESSIONS}/unused"
NOWHERE = f"{SESSIONS}/nowhere"

JSON, EMPTY, ERROR, TEXT = "json", "empty", "error", "text"
"""Kinds of answer: what the handler declares, no body, the error object, plain text. None: not looked at."""


@dataclass(frozen=True)
class Case:
    """A request in a world of its own.

    It has Session ``used`` with an active publisher ``{active}``, its stream ``{stream}`` and a pending Connection
    ``{pending}``, and Sessions ``unused`` and, in media mode RELAYED, ``relayed`` with nobody; *before* changes it.
    """

    method: str
    path: str
    body: Any
    status: int
    kind: str | None
    before: Callable[[Rest], Awaitable[Any]] | None = None

    def __str__(self) -> str:
        body = "" if self.body is NOTHING else f" {self.body}"
        return f"{self.method} {self.path}{body} -> {self.status}"


def filled(value: Any, names: dict[str, str]) -> Any:
    """*value* with the placeholders replaced."""
    if isinstance(value, str):
        for name, replacement in names.items():
            value = value.replace(f"{{{name}}}", replacement)
        return value
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return value
