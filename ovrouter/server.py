"""Puts one router together: media plane, sessions, signaling, REST and the HTTPS server (warm)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace

import trio

from ovrouter.broadcast import Broadcasts
from ovrouter.compose.studio import Studio
from ovrouter.config import Config
from ovrouter.config_checks import config_problems
from ovrouter.data_files import ensure_identifier, ensure_secret
from ovrouter.errors import ConfigError
from ovrouter.events import Emit, EndReason, Event
from ovrouter.http import ASGIApp, serve_http
from ovrouter.isolate import isolated, isolated_call
from ovrouter.medianode import MediaNode
from ovrouter.recording import start_recordings
from ovrouter.reporting import Reporting, open_reporting
from ovrouter.rest import AskRestart, create_app
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import NodeIdentity, SessionRegistry
from ovrouter.signaling import Signaling
from ovrouter.tls import certificate_files

__all__ = ["complete", "open_server"]

SHUTDOWN_S = 4.5
"""The whole of an orderly end; supervisors and users kill what takes much longer."""


def complete(config: Config) -> Config:
    """Return *config* with a secret and a cluster id, made on first use if not set. Raises ConfigError and OSError."""
    if problems := config_problems(config):
        raise ConfigError(problems)
    folder = config.ovrouter_data_dir
    return replace(
        config,
        openvidu_secret=config.openvidu_secret or ensure_secret(folder),
        openvidu_pro_cluster_id=config.openvidu_pro_cluster_id or f"clu_{ensure_identifier(folder, 'cluster-id')}",
    )


@asynccontextmanager
async def open_server(
    config: Config, restart: AskRestart, media: MediaNode | None = None, on_event: Emit | None = None
) -> AsyncIterator[tuple[SessionRegistry, MediaNode]]:
    """Serve from the first line of the block to its end, in which all sessions are closed.

    *restart* takes what ``POST /restart`` asks for, *on_event* each event. Raises like :func:`ovrouter.open_router`.
    """
    async with (
        _media_node(config, media) as node,
        open_reporting(config) as reporting,
        trio.open_nursery() as nursery,
    ):
        async with _serving(config, node, reporting, restart, on_event, nursery) as sessions:
            yield sessions, node
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def _serving(
    config: Config,
    media: MediaNode,
    reporting: Reporting,
    restart: AskRestart,
    on_event: Emit | None,
    nursery: trio.Nursery,
) -> AsyncIterator[SessionRegistry]:
    consumers: list[Emit] = [reporting.report]

    def emit(event: Event) -> None:
        for consumer in consumers:
            isolated_call("event consumer", consumer, event)

    node = NodeIdentity(ensure_identifier(config.ovrouter_data_dir, "node-id"), (await media.describe()).ip)
    sessions = SessionRegistry(config, media, emit, _unix_ms, node=node)
    guesses = SecretGuesses(config.openvidu_secret)
    signaling = Signaling(sessions, config, guesses, nursery, reporting.durable)
    recordings = start_recordings(config, media, sessions, emit, _unix_ms, nursery)
    broadcasts = Broadcasts(Studio(config, media), emit, _unix_ms, nursery)
    consumers += [signaling.notify, recordings.notice, broadcasts.notify]
    if on_event is not None:
        consumers.append(on_event)
    rest = create_app(sessions, config, guesses, media, restart, recordings, broadcasts)
    sessions.nodes.discover()
    async with _https(reporting.hold_answers(rest), signaling, config, nursery):
        nursery.start_soon(_feed_link_events, media, sessions)
        nursery.start_soon(_collect_garbage, sessions, config.openvidu_sessions_garbage_interval)
        try:
            yield sessions
        finally:
            with trio.CancelScope(deadline=trio.current_time() + SHUTDOWN_S, shield=True):
                await sessions.close_all(EndReason.OPENVIDU_SERVER_STOPPED)
                await signaling.close_all()


@asynccontextmanager
async def _https(rest: ASGIApp, signaling: Signaling, config: Config, nursery: trio.Nursery) -> AsyncIterator[None]:
    certificate = certificate_files(config) if config.server_ssl_enabled else None
    shutdown, ended = trio.Event(), trio.Event()

    async def serve(task_status: trio.TaskStatus[list[tuple[str, int]]]) -> None:
        try:
            routes = {"/openvidu": signaling}
            await serve_http(rest, routes, config, certificate, shutdown=shutdown, task_status=task_status)
        finally:
            ended.set()

    await nursery.start(serve)
    try:
        yield
    finally:
        shutdown.set()
        await ended.wait()


@asynccontextmanager
async def _local_media_plane(config: Config) -> AsyncIterator[MediaNode]:
    # Imported here, so that a program that brings its own media node does not need the compiled extension.
    from ovrouter.media import open_media_plane  # noqa: PLC0415

    async with open_media_plane(config) as media:
        yield media


def _media_node(config: Config, given: MediaNode | None) -> AbstractAsyncContextManager[MediaNode]:
    return nullcontext(given) if given is not None else _local_media_plane(config)


async def _feed_link_events(media: MediaNode, sessions: SessionRegistry) -> None:
    async for event in media.events():
        await isolated("link event", sessions.handle_link_event, event)


async def _collect_garbage(sessions: SessionRegistry, interval_s: int) -> None:
    while interval_s:
        await trio.sleep(interval_s)
        isolated_call("garbage collection", sessions.collect_garbage)


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
