"""The command line: ``python -m benchmarks [COMMAND]`` (warm)."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from benchmarks import (
    composing,
    first_frame,
    joins,
    listing,
    media,
    profile,
    publish,
    recording,
    rest,
    scorecard,
    sockets,
    workers,
)

COMMANDS = {
    "media": media,
    "profile": profile,
    "publish": publish,
    "rest": rest,
    "listing": listing,
    "sockets": sockets,
    "joins": joins,
    "scorecard": scorecard,
    "composing": composing,
    "recording": recording,
    "workers": workers,
    "first_frame": first_frame,
}
"""Modules with ``SUMMARY``, ``add_arguments(parser)`` and ``run_command(options)``, which returns the exit status."""
DEFAULT = "media"


def main(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* begin with, the default one if they name none."""
    is_named = bool(arguments) and (arguments[0] in COMMANDS or arguments[0] in ("-h", "--help"))
    options = _parser().parse_args(arguments if is_named else [DEFAULT, *arguments])
    return int(COMMANDS[options.command].run_command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure a media router.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", help=f"default: {DEFAULT}")
    for name, module in COMMANDS.items():
        module.add_arguments(commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY))
    return parser


def end_as_if_interrupted() -> None:
    """From now on SIGTERM is what SIGINT is: what a command has put up, it takes down."""
    # A shell lets its background jobs ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


if __name__ == "__main__":
    end_as_if_interrupted()
    sys.exit(main(sys.argv[1:]))
