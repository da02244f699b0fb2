"""What spoils a JSON text that looser parsers take, and where (cold)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

__all__ = ["culprit"]


def culprit(text: bytes) -> str | None:
    r"""Name the parameter that is half a surrogate pair or no finite number; None if it is not that.

    Python's parser takes both: ``"\ud800"``, also as the three bytes that UTF-8 would make of it (RFC 3629,
    section 3), and ``NaN`` (RFC 8259, section 6).
    """
    try:
        body = json.loads(text.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    for path, value in _values(body):
        if isinstance(value, str) and not _is_unicode(value):
            return f"Parameter '{_printable(path)}' holds half a surrogate pair, which is no character"
        if isinstance(value, float) and not math.isfinite(value):
            return f"Parameter '{_printable(path)}' is not a finite number, and JSON has no others"
    return None


def _values(body: Any) -> Iterator[tuple[str, Any]]:
    """Everything inside with its path, ``kurentoOptions.allowedFilters[0]``; names of members count as values."""
    waiting = [("", body)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            members = [(f"{path}.{name}".removeprefix("."), name, member) for name, member in value.items()]
            yield from ((inner, name) for inner, name, _ in members)
            waiting += [(inner, member) for inner, _, member in members]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", member) for index, member in enumerate(value)]


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
