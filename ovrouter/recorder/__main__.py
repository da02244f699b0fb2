"""The recorder as a program (warm): ``python -m ovrouter.recorder record SOCKET FOLDER``, or ``repair FILE …``.

``record`` listens at SOCKET for taps, and writes streams to files in FOLDER until standard input ends. ``repair`` gives
files that were cut off their end.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from ovrouter.parent_watch import die_with_parent
from ovrouter.recorder.process import RecorderProcess
from ovrouter.recorder.repair import repair


def main() -> None:
    """Run the child process."""
    die_with_parent()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    command, *paths = sys.argv[1:]
    if command == "record":
        socket, folder = paths
        RecorderProcess(socket, Path(folder)).run()
    else:
        repair(map(Path, paths))


main()
