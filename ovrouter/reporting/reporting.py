"""Hands every event to CDR and webhooks, and holds answers back until their events are on disk (warm)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope

from ovrouter.config import Config
from ovrouter.events import Event
from ovrouter.reporting.cdr import open_cdr_log
from ovrouter.reporting.event_json import Json, event_json
from ovrouter.reporting.webhooks import open_webhooks

__all__ = ["Reporting", "open_reporting"]


class Sink(Protocol):
    """Where events go."""

    def report(self, name: str, members: Json) -> None:
        """Take an event."""

    async def durable(self) -> None:
        """Return when what was reported before survives a crash."""


class Reporting:
    """Comes from :func:`open_reporting`."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks

    def report(self, event: Event) -> None:
        """Tell *event* to everybody who wants to know."""
        if self._sinks and (reported := event_json(event)) is not None:
            for sink in self._sinks:
                sink.report(*reported)

    async def durable(self) -> None:
        """Return when what was reported before survives a crash; at once if it does."""
        for sink in self._sinks:
            await sink.durable()

    def hold_answers(self, app: ASGIFramework) -> ASGIFramework:
        """Return *app*, whose answers leave when the events reported before them survive a crash.

        Without anybody to report to, it is *app* itself.
        """
        if not self._sinks:
            return app

        async def holding(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
            async def send_when_durable(message: ASGISendEvent) -> None:
                await self.durable()
                await send(message)

            await app(scope, receive, send_when_durable)

        return holding


@asynccontextmanager
async def open_reporting(config: Config) -> AsyncIterator[Reporting]:
    """Report as *config* says for the length of the block. Raises ConfigError, and OSError if a file cannot be used."""
    async with AsyncExitStack() as stack:
        sinks: list[Sink] = []
        if config.openvidu_cdr:
            sinks.append(await stack.enter_async_context(open_cdr_log(Path(config.openvidu_cdr_path))))
        if config.openvidu_webhook:
            sinks.append(await stack.enter_async_context(open_webhooks(config)))
        yield Reporting(sinks)
