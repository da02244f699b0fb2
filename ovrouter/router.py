"""A running router: one life after the other, from restart to restart (warm)."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial

import trio

from ovrouter.config import Config
from ovrouter.events import Emit
from ovrouter.isolate import lone_exceptions
from ovrouter.medianode import MediaNode
from ovrouter.restart import Change, Restarts
from ovrouter.server import complete, open_server
from ovrouter.session import SessionRegistry
from ovrouter.waiting import first_of

__all__ = ["Router", "open_router"]


class Router:
    """A running router; comes from :func:`open_router`. A restart replaces what its attributes name."""

    def __init__(self, config: Config, sessions: SessionRegistry, media: MediaNode) -> None:
        self.config = config
        """What it runs with: neither the secret nor the port is left to be chosen."""
        self.sessions = sessions
        self.media = media
        self._restarted = trio.Event()

    @property
    def url(self) -> str:
        """Where it serves, ``https://host:port``, whatever a proxy in front of it may be called."""
        scheme = "https" if self.config.server_ssl_enabled else "http"
        host = self.config.domain_or_public_ip
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.config.listen_port}"

    async def wait_restarted(self) -> None:
        """Wait until it serves again, after a restart that was asked for over REST."""
        await self._restarted.wait()

    def _begin_anew(self, config: Config, sessions: SessionRegistry, media: MediaNode) -> None:
        self.config, self.sessions, self.media = config, sessions, media
        self._restarted.set()
        self._restarted = trio.Event()


@asynccontextmanager
async def open_router(
    config: Config, *, media: MediaNode | None = None, change: Change | None = None, on_event: Emit | None = None
) -> AsyncIterator[Router]:
    """Run a router for the length of an ``async with`` block.

    It serves from the first line of the block. At its end clients are told (``openviduServerStopped``), and no task,
    thread or socket is left, after :data:`~ovrouter.server.SHUTDOWN_S` at the latest. *media* takes the place of this
    machine's media plane; its owner opens and closes it. *on_event* is called with each :mod:`ovrouter.events` event at
    the moment it happens; it must not wait, and what it raises is logged.

    ``POST /openvidu/api/restart`` ends all sessions in the same way and serves again with changed settings, while the
    block goes on. *change* checks and keeps these settings; without it they last as long as the block.

    Raises ConfigError, and OSError if an address cannot be bound or a file not be written; from inside the block if it
    comes to that in a restart. What the block raises leaves it as it is, not in a group.
    """
    config = complete(config)
    with lone_exceptions(), _port_chosen(config) as config:
        restarts = Restarts(config, change and partial(_changed, change, config.https_port))
        stopping, ended = trio.Event(), trio.Event()
        async with trio.open_nursery() as nursery:
            router = await nursery.start(_live, restarts, media, on_event, stopping, ended)
            try:
                yield router
            finally:
                stopping.set()
                await ended.wait()


def _changed(change: Change, chosen_port: int, texts: Mapping[str, str]) -> Config:
    """A restart keeps a port that was chosen: who asked for it comes back there."""
    config = complete(change(texts))
    return config if config.https_port else replace(config, https_port=chosen_port)


async def _live(
    restarts: Restarts,
    media: MediaNode | None,
    on_event: Emit | None,
    stopping: trio.Event,
    ended: trio.Event,
    *,
    task_status: trio.TaskStatus[Router],
) -> None:
    """Serve, and again after each restart, until *stopping* is set."""
    router: Router | None = None
    try:
        while not stopping.is_set():
            config = restarts.begin()
            async with open_server(config, restarts.ask, media, on_event) as parts:
                if router is None:
                    router = Router(config, *parts)
                    task_status.started(router)
                else:
                    router._begin_anew(config, *parts)
                await first_of(stopping.wait, restarts.wait_asked)
    finally:
        ended.set()


@contextmanager
def _port_chosen(config: Config) -> Iterator[Config]:
    """Choose a free port for ``HTTPS_PORT=0`` beforehand: tokens and pages name it.

    A socket that is bound, but does not listen, keeps the port from everybody who asks for any port, and not from the
    server, which asks for this one.
    """
    if config.listen_port:
        yield replace(config, https_port=config.https_port or config.server_port)
        return
    is_ipv6 = ":" in config.ovrouter_listen_ip and socket.has_dualstack_ipv6()
    with socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("", 0))
        yield replace(config, https_port=holder.getsockname()[1])
