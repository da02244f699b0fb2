"""Puts the REST application together (warm)."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.resources import files
from importlib.resources.abc import Traversable

from quart_trio import QuartTrio

from ovrouter.broadcast import Broadcasts
from ovrouter.config import Config
from ovrouter.medianode import MediaNode
from ovrouter.recording import Recordings
from ovrouter.rest import access, auth, cors, errors, security_headers
from ovrouter.rest.backend import AskRestart, Backend
from ovrouter.rest.broadcast import broadcast
from ovrouter.rest.call import call
from ovrouter.rest.cdr import cdr
from ovrouter.rest.certificate import certificate
from ovrouter.rest.config import configuration
from ovrouter.rest.connections import connections
from ovrouter.rest.health import health
from ovrouter.rest.layouts import layouts
from ovrouter.rest.legacy import LegacyPaths
from ovrouter.rest.media_nodes import media_nodes
from ovrouter.rest.metrics import metrics
from ovrouter.rest.openapi import openapi
from ovrouter.rest.page import page
from ovrouter.rest.quality import quality
from ovrouter.rest.recording_files import recording_files
from ovrouter.rest.recordings import recordings as recordings_resource
from ovrouter.rest.restart import restart as restart_resource
from ovrouter.rest.rule import MatchedRule
from ovrouter.rest.sessions import sessions
from ovrouter.rest.signal import signal
from ovrouter.rest.speech_to_text import speech_to_text
from ovrouter.rest.streams import streams
from ovrouter.rest.tokens import tokens
from ovrouter.secret_guesses import SecretGuesses
from ovrouter.session import SessionRegistry

__all__ = ["create_app"]

MAX_BODY_BYTES = 1024 * 1024
"""Far more than any request needs; signal data is the only part that an application may want large."""
BODY_TIMEOUT_S = 10
"""A body that takes longer to arrive is trickled on purpose."""

_BLUEPRINTS = (
    sessions,
    connections,
    signal,
    streams,
    tokens,
    media_nodes,
    recordings_resource,
    recording_files,
    layouts,
    broadcast,
    speech_to_text,
    configuration,
    health,
    cdr,
    restart_resource,
    certificate,
    call,
    openapi,
    quality,
    metrics,
)


def create_app(
    registry: SessionRegistry,
    config: Config,
    guesses: SecretGuesses,
    media: MediaNode,
    restart: AskRestart,
    recordings: Recordings,
    broadcasts: Broadcasts,
    *,
    now_ms: Callable[[], int] | None = None,
    page_folder: Traversable | None = None,
) -> QuartTrio:
    """Return the ASGI application of everything that is not a WebSocket.

    *now_ms* is the clock (Unix milliseconds) of minted TURN credentials; *page_folder* replaces the shipped call page.
    """
    app = QuartTrio("ovrouter.rest", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT_S
    app.url_rule_class = MatchedRule
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    Backend(registry, config, guesses, media, now_ms or _unix_ms, restart, recordings, broadcasts).attach(app)
    # All of these are coroutines: Quart takes a thread for every call of a plain function.
    app.before_request(access.guard(config))
    app.before_request(cors.answer_preflight)
    app.before_request(auth.require_secret)
    app.after_request(cors.allow_every_origin)
    app.after_request(security_headers.add)
    errors.register(app)
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(page(page_folder or files("ovrouter") / "dashboard", config.websocket_url))
    if config.support_deprecated_api:
        app.asgi_app = LegacyPaths(app.asgi_app)  # type: ignore[method-assign]  # Quart's documented way to wrap
    return app


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000
