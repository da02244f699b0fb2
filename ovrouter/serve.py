"""``ovrouter serve``: a router until a signal comes (warm)."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Mapping
from functools import partial
from types import FrameType

import trio

from ovrouter import log
from ovrouter.config import Config
from ovrouter.config_sources import ConfigSources, Reading
from ovrouter.data_files import secret_path
from ovrouter.restart import Change
from ovrouter.restart_settings import keep_changes
from ovrouter.router import Router, open_router
from ovrouter.server import complete

__all__ = ["serve"]

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger("ovrouter.cli")


def serve(sources: ConfigSources) -> None:
    """Serve with the settings of *sources* until SIGTERM or SIGINT; print ``ready URL`` whenever it begins.

    Raises ConfigError and OSError if it cannot serve.
    """
    trio.run(_serve_until_signal, _prepared(sources.read().checked()), partial(_changed, sources))


def _changed(sources: ConfigSources, texts: Mapping[str, str]) -> Config:
    config = _prepared(keep_changes(sources, texts))
    _log.info("restarting; changed: %s", ", ".join(texts) or "nothing")
    return config


def _prepared(reading: Reading) -> Config:
    """Nothing is logged before it is known what must not be."""
    config = complete(reading.config)
    log.configure(config.ovrouter_log_level, (config.openvidu_secret, config.turn_secret))
    _log.info("%r", reading.config)
    if not reading.config.openvidu_secret:
        _log.info("no OPENVIDU_SECRET is set: using the one in %s", secret_path(config.ovrouter_data_dir))
    for note in reading.notes:
        _log.warning("%s", note)
    return config


async def _serve_until_signal(config: Config, change: Change) -> None:
    with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
        async with open_router(config, change=change) as router, trio.open_nursery() as nursery:
            nursery.start_soon(_say_when_ready, router)
            await anext(signals)
            for number in STOP_SIGNALS:
                signal.signal(number, _exit_at_once)
            _log.info("stopping; a second signal ends at once")
            nursery.cancel_scope.cancel()


async def _say_when_ready(router: Router) -> None:
    while True:
        print(f"ready {router.url}", flush=True)
        await router.wait_restarted()


def _exit_at_once(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)
