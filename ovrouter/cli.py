"""The command line: ``ovrouter serve``, ``ovrouter config-sample`` (warm)."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import trio

from ovrouter import __version__, log
from ovrouter.config import Config, Use, settings
from ovrouter.config_sample import sample
from ovrouter.config_sources import load_config
from ovrouter.data_files import secret_path
from ovrouter.errors import ConfigError
from ovrouter.server import complete, open_router

__all__ = ["main"]

EXIT_FAILED = 1
EXIT_USAGE = 2
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger("ovrouter.cli")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of *arguments* (default: ``sys.argv``) and return its exit status."""
    options = _parser().parse_args(arguments)
    if options.command == "config-sample":
        print(sample(), end="")
        return 0
    return _serve(dict(options.set), options.env_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ovrouter", description="A WebRTC media router for OpenVidu clients.")
    parser.add_argument("--version", action="version", version=f"ovrouter {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the router until SIGTERM or SIGINT")
    serve.add_argument("--env-file", type=Path, metavar="FILE", help="settings; default: .env, if there is one")
    serve.add_argument(
        "--set", action="append", default=[], type=_assignment, metavar="NAME=VALUE", help="one setting; repeatable"
    )
    commands.add_parser("config-sample", help="print a .env file that explains every setting")
    return parser


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _serve(overrides: dict[str, str], env_file: Path | None) -> int:
    try:
        given = load_config(overrides, env_file=env_file)
        config = complete(given)
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        return _failed(error)
    log.configure(config.ovrouter_log_level, (config.openvidu_secret, config.turn_secret))
    _tell_about(given)
    try:
        trio.run(_serve_until_signal, config)
    except (ConfigError, OSError) as error:
        return _failed(error)
    return 0


def _failed(error: ConfigError | OSError) -> int:
    print(f"ovrouter: {error}", file=sys.stderr)
    return EXIT_FAILED


def _tell_about(given: Config) -> None:
    _log.info("%r", given)
    if not given.openvidu_secret:
        _log.info("no OPENVIDU_SECRET is set: using the one in %s", secret_path(given.ovrouter_data_dir))
    for setting in settings():
        if setting.use is Use.LATER and getattr(given, setting.field_name) != setting.default:
            _log.warning("%s: %s", setting.name, setting.use.value)


async def _serve_until_signal(config: Config) -> None:
    with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
        async with open_router(config) as router:
            print(f"ready {router.url}", flush=True)
            await anext(signals)
            _log.info("stopping; a second signal ends at once")
            for number in STOP_SIGNALS:
                signal.signal(number, _exit_at_once)


def _exit_at_once(number: int, _frame: FrameType | None) -> None:
    os._exit(128 + number)
