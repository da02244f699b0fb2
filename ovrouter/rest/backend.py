"""What the request handlers act on (warm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from quart import Quart, current_app

from ovrouter.broadcast import Broadcasts
from ovrouter.config import Config
from ovrouter.medianode import MediaNode
from ovrouter.recording import Recordings
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import SessionRegistry

__all__ = ["AskRestart", "Backend", "backend"]

AskRestart: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Checks and keeps the settings of a JSON object, and has the router begin anew once the caller is answered. Raises
ConfigError, and OSError if they cannot be kept."""

_EXTENSION = "ovrouter"


@dataclass(frozen=True, slots=True)
class Backend:
    """The router behind one application."""

    registry: SessionRegistry
    config: Config
    guesses: SecretGuesses
    media: MediaNode
    now_ms: Callable[[], int]
    restart: AskRestart
    recordings: Recordings
    broadcasts: Broadcasts

    def attach(self, app: Quart) -> None:
        """Make this the backend of *app*."""
        app.extensions[_EXTENSION] = self


def backend() -> Backend:
    """Return the backend of the application that handles the current request."""
    return cast(Backend, current_app.extensions[_EXTENSION])
