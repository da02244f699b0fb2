"""Requests to begin anew with other settings (warm)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import trio

from ovrouter.config import Config
from ovrouter.restart_settings import changed_config, changed_texts

__all__ = ["Change", "Restarts"]

Change: TypeAlias = Callable[[Mapping[str, str]], Config]
"""Checks changed settings, which it gets as texts by name, and returns the whole configuration to go on with. It is
called in a thread. Raises ConfigError, and OSError if the settings cannot be kept; then nothing has changed."""


class Restarts:
    """What a router is asked to become; one object for all its lives."""

    def __init__(self, config: Config, change: Change | None = None) -> None:
        self.config = config
        """What the router lives with or, once a restart has been asked for, will."""
        self._change = change or self._change_in_memory
        self._one_at_a_time = trio.Lock()
        self._asked = trio.Event()

    async def ask(self, body: Mapping[str, Any]) -> None:
        """Check and keep the settings in *body*, a JSON object, and have the router begin anew soon.

        Raises ConfigError and OSError; then nothing has changed.
        """
        async with self._one_at_a_time:
            texts = changed_texts(body, self.config)
            self.config = await trio.to_thread.run_sync(self._change, texts)
            self._asked.set()

    def begin(self) -> Config:
        """Return what to live with; requests so far are granted by that."""
        self._asked = trio.Event()
        return self.config

    async def wait_asked(self) -> None:
        """Wait until a restart has been asked for."""
        await self._asked.wait()

    def _change_in_memory(self, texts: Mapping[str, str]) -> Config:
        return changed_config(self.config, texts)
