"""Typed access to the params of a request (cold).

The original reads params with Gson, which takes ``"true"`` for true and ``"30"`` for 30; clients for mobile platforms
rely on it and send every param as a string. So a string that spells the wanted type is accepted here too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from ovrouter.signaling.errors import InvalidParams
from ovrouter.signaling.jsonrpc import parse_object

__all__ = ["Params"]

_MISSING = (
    "Request element '{name}' is missing in RPC method '{method}'. "
    "Check that 'openvidu-server' and 'openvidu-browser' versions are compatible with each other"
)
_WRONG_TYPE = "Request element '{name}' of RPC method '{method}' must be {wanted}"


class Params:
    """The params of one request. An element that is null counts as missing."""

    def __init__(self, method: str, values: Mapping[str, Any]) -> None:
        self._method = method
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def value(self, name: str) -> Any:
        """Any JSON value but null. Raises InvalidParams."""
        if name not in self:
            raise InvalidParams(_MISSING.format(name=name, method=self._method))
        return self._values[name]

    def string(self, name: str) -> str:
        """Raises InvalidParams."""
        value = self.value(name)
        if not isinstance(value, str):
            self._refuse(name, "a string")
        return value

    def object_text(self, name: str) -> str:
        """A string that spells a JSON object. Raises InvalidParams."""
        text = self.string(name)
        if parse_object(text) is None:
            self._refuse(name, "the JSON text of an object")
        return text

    def boolean(self, name: str) -> bool:
        """Raises InvalidParams."""
        value = self.value(name)
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower())
        if not isinstance(value, bool):
            self._refuse(name, "a boolean")
        return value

    def number(self, name: str) -> float:
        """An int where the number is whole. Raises InvalidParams."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self._refuse(name, "a number")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            self._refuse(name, "a number")
        if not math.isfinite(number):
            self._refuse(name, "a number")
        return int(number) if number.is_integer() else number

    def integer(self, name: str) -> int:
        """Raises InvalidParams."""
        number = self.number(name)
        if not isinstance(number, int):
            self._refuse(name, "an integer")
        return number

    def optional_string(self, name: str) -> str | None:
        """None if the element is missing. Raises InvalidParams."""
        return self.string(name) if name in self else None

    def optional_boolean(self, name: str) -> bool | None:
        """None if the element is missing. Raises InvalidParams."""
        return self.boolean(name) if name in self else None

    def optional_number(self, name: str) -> float | None:
        """None if the element is missing. Raises InvalidParams."""
        return self.number(name) if name in self else None

    def _refuse(self, name: str, wanted: str) -> NoReturn:
        raise InvalidParams(_WRONG_TYPE.format(name=name, method=self._method, wanted=wanted))
