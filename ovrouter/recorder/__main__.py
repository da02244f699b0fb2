"""The recorder as a program (warm): ``python -m ovrouter.recorder record SOCKET FOLDER``, or ``repair FILE …``."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from ovrouter.parent_watch import die_with_parent
from ovrouter.recorder.process import RecorderProcess
from ovrouter.recorder.repair import repair


def main() -> None:
    """Run the child process."""
    die_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    parser = argparse.ArgumentParser(prog="ovrouter.recorder")
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", help="write streams to files until standard input ends")
    record.add_argument("socket", help="where to listen for taps")
    record.add_argument("folder", type=Path, help="where to put the files")
    broken = commands.add_parser("repair", help="give files that were cut off their end")
    broken.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    if options.command == "record":
        RecorderProcess(options.socket, options.folder).run()
    else:
        repair(options.files)


main()
