"""Who calls an RPC method (cold)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ovrouter.session import Connection, Session

__all__ = ["Participant", "Result"]

Result = Mapping[str, Any]
"""The members of a success; members that are None are not sent."""


@dataclass(frozen=True, slots=True)
class Participant:
    """A Connection that joined, with its Session."""

    session: Session
    connection: Connection

    @property
    def id(self) -> str:
        """The connection id."""
        return self.connection.id

    @property
    def is_present(self) -> bool:
        """False once it left or was evicted."""
        return self.session.connections.get(self.connection.id) is self.connection
