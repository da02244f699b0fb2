"""The command line: one function for each command (warm)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ovrouter import __version__
from ovrouter.bench import bench
from ovrouter.config_report import report
from ovrouter.config_sample import sample
from ovrouter.config_sources import ConfigSources, read_env_file
from ovrouter.coturn_config import coturn_config
from ovrouter.data_files import kept_secret, secret_path
from ovrouter.errors import ConfigError, TraceUnreadable
from ovrouter.serve import serve
from ovrouter.server import complete

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

__all__ = ["main"]

EXIT_FAILED = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of *arguments* (default: ``sys.argv``) and return its exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if words[:1] == ["bench"]:
            return bench(words[1:])
        options = _parser().parse_args(words)
        return options.run(options) or 0
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        print(f"ovrouter: {error}", file=sys.stderr)
        return EXIT_FAILED


def _serve(options: argparse.Namespace) -> None:
    serve(_sources(options))


def _config(options: argparse.Namespace) -> None:
    reading = _sources(options).read().checked()
    data_dir = reading.config.ovrouter_data_dir
    if secret := not reading.config.openvidu_secret and kept_secret(data_dir):
        reading = reading.with_value("OPENVIDU_SECRET", secret, origin=str(secret_path(data_dir)))
    print(report(reading, with_secrets=options.show_secrets), end="")


def _check_config(options: argparse.Namespace) -> None:
    reading = read_env_file(options.file)
    print(*reading.notes, sep="\n", end="\n" if reading.notes else "")
    reading.checked()


def _coturn_config(options: argparse.Namespace) -> None:
    from ovrouter.media.addresses import media_addresses  # noqa: PLC0415 - loads the whole media plane

    config = complete(_sources(options).read().checked().config)
    addresses = media_addresses(config.ovrouter_media_ip, config.media_nodes_public_ips)
    print(coturn_config(config, [address.public_ip for address in addresses]), end="")


def _replay(options: argparse.Namespace) -> int:
    from ovrouter.media.replay import replay_file  # noqa: PLC0415 - loads the compiled extension

    try:
        outcome = replay_file(options.file)
    except TraceUnreadable as error:
        print(f"ovrouter: {options.file}: {error}", file=sys.stderr)
        return EXIT_FAILED
    print(outcome)
    return 0 if outcome.agrees else EXIT_FAILED


def _config_sample(_options: argparse.Namespace) -> None:
    print(sample(), end="")


def _sources(options: argparse.Namespace) -> ConfigSources:
    return ConfigSources(dict(options.set), options.env_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ovrouter", description="A WebRTC media router for OpenVidu clients.")
    parser.add_argument("--version", action="version", version=f"ovrouter {__version__}")
    commands = parser.add_subparsers(required=True)
    sources = _sources_parser()
    _add(commands, "serve", _serve, "run the router until SIGTERM or SIGINT", sources)
    config = _add(commands, "config", _config, "print every setting and where it comes from", sources)
    config.add_argument("--show-secrets", action="store_true", help="do not mask them")
    check = _add(commands, "check-config", _check_config, "say what is wrong with a .env file")
    check.add_argument("file", type=Path, metavar="FILE")
    _add(commands, "config-sample", _config_sample, "print a .env file that explains every setting")
    commands.add_parser("bench", help="measure this or another router; needs the source tree")
    _add(commands, "coturn-config", _coturn_config, "print a turnserver.conf for this router's clients", sources)
    replay = _add(commands, "replay", _replay, "run the packet path over a trace, and compare (see OVROUTER_TRACE)")
    replay.add_argument("file", type=Path, metavar="FILE")
    return parser


def _sources_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--env-file", type=Path, metavar="FILE", help="settings; default: .env, if there is one")
    parser.add_argument(
        "--set", action="append", default=[], type=_assignment, metavar="NAME=VALUE", help="one setting; repeatable"
    )
    return parser


def _add(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    help: str,
    *parents: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help, description=help, parents=list(parents))
    command.set_defaults(run=run)
    return command


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
