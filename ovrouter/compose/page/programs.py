"""The programs behind a page: found, started so that they end with this process, and ended (warm)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from ctypes import CDLL
from pathlib import Path
from typing import Final

from ovrouter.errors import CompositionFailed
from ovrouter.parent_watch import die_with_parent

__all__ = ["BROWSERS", "adopt_orphans", "end_children", "program", "require_programs", "start"]

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PACKAGES: Final = {"chromium": BROWSERS, "xvfb": ("Xvfb",), "pulseaudio": ("pulseaudio",)}
"""Debian's names, and what is in them."""
_PR_SET_CHILD_SUBREAPER: Final = 36
_CHILDREN: Final = Path("/proc/self/task") / str(os.getpid()) / "children"


def require_programs() -> None:
    """Raise CompositionFailed, which says how to install what is missing."""
    missing = [package for package, commands in _PACKAGES.items() if not any(map(shutil.which, commands))]
    if missing:
        raise CompositionFailed(
            f"CUSTOM layouts need programs that are not here: apt-get install {' '.join(missing)}"
            " (on Ubuntu, whose chromium is a snap, Google Chrome in its place)"
        )


def program(*names: str) -> str:
    """Return the path of the first of *names* that there is."""
    return next(filter(None, map(shutil.which, names)))


def start(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    prepare: Callable[[], None] = lambda: None,
) -> subprocess.Popen[bytes]:
    """Start a program that the kernel kills when this process ends; *prepare* runs in it, before it begins.

    To be called from the main thread, whose end counts as the process's.
    """

    def bind() -> None:
        die_with_parent()
        prepare()

    return subprocess.Popen(  # noqa: S603 - an argument list of ours
        list(arguments),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=False,  # Python's own are not inherited; what is, is meant to be
        preexec_fn=bind,  # noqa: PLW1509 - no other thread runs yet
    )


def adopt_orphans() -> None:
    """Become the parent of what children of this process leave behind, as Chromium does."""
    CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_children(patience_s: float) -> None:
    """Ask every child to end, kill what is left after *patience_s*, and return when there is none."""
    deadline_s = time.monotonic() + patience_s
    _signal_children(signal.SIGTERM)
    while _has_children():
        if time.monotonic() > deadline_s:
            _signal_children(signal.SIGKILL)
        time.sleep(0.01)


def _has_children() -> bool:
    """Whether there are any, after those that ended are reaped."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _signal_children(number: signal.Signals) -> None:
    # None of them can be another process's by now: they are ours until they are reaped.
    for pid in _CHILDREN.read_text().split():
        os.kill(int(pid), number)
