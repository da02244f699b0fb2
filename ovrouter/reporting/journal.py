"""The file that keeps reports until they are delivered; every call blocks (warm)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from ovrouter.data_files import append_durably, replace_private
from ovrouter.errors import ConfigError
from ovrouter.reporting.report import Report, line_of, pending

__all__ = ["Journal"]

SMALLEST_REWRITE_BYTES = 1024 * 1024
"""A smaller file is not worth the work."""


class Journal:
    """Grows line by line; rewritten with what is pending whenever it has doubled, which costs no more than growing.

    Raises OSError wherever the disk fails. After that it must be rewritten: some of what is pending is not in it.
    """

    def __init__(self, folder: Path) -> None:
        """Open the journal of *folder*, which is made if needed. Raises ConfigError if another router uses it."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "journal"
        self._lock = _locked(folder)
        self._descriptor = -1
        self._size_bytes = self._rewrite_at_bytes = 0

    @property
    def must_be_rewritten(self) -> bool:
        """Whether :meth:`rewrite` is to be called in place of :meth:`append`."""
        return self._size_bytes >= self._rewrite_at_bytes

    def load(self) -> tuple[list[Report], int]:
        """Return what is pending, and how many lines are unreadable."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            content = b""
        return pending(content.splitlines())

    def append(self, lines: list[bytes]) -> None:
        """Add *lines*."""
        content = b"".join(lines)
        try:
            append_durably(self._descriptor, content)
        except OSError:
            self._rewrite_at_bytes = 0
            raise
        self._size_bytes += len(content)

    def rewrite(self, reports: Iterable[Report]) -> None:
        """Have the file hold *reports* and nothing else. If it fails, it holds what it held."""
        content = b"".join(map(line_of, reports))
        replace_private(self._path, content)
        opened = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._close_file()
        self._descriptor = opened
        self._size_bytes = len(content)
        self._rewrite_at_bytes = max(2 * len(content), SMALLEST_REWRITE_BYTES)

    def close(self) -> None:
        """Let another router have the folder."""
        self._close_file()
        os.close(self._lock)

    def _close_file(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _locked(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ConfigError(
            (f"OVROUTER_DATA_DIR={folder.parent}: another router keeps its events there. Give each its own",)
        ) from None
    return descriptor
