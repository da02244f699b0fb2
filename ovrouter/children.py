"""Child processes that decode and encode: started, spoken to in lines of JSON, ended and reaped (warm).

A child gets an argument list, never a shell, and three pipes. Nothing else of the router is open in it: media comes
over Unix sockets that it listens on itself. Its standard input ends when it is to finish, and when the router is gone
however that came; :func:`ovrouter.parent_watch.die_with_parent` covers children that do not look.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import trio

__all__ = ["Child", "RestartBudget", "open_child"]

_log = logging.getLogger("ovrouter.children")

FINISH_S: Final = 3.0
"""For writing the end of a file; shorter than the router's own end takes."""
NICENESS: Final = 5
"""Above the router's own: where cores are short, packets of calls go first. A third of the weight will do to record."""
MAX_LINE_BYTES: Final = 1024 * 1024
"""Of a report; a child that writes more without a line break is out of its mind."""
_PRIVATE_PREFIXES: Final = ("OPENVIDU_", "OVROUTER_", "COTURN_", "AWS_")
"""Environment variables that hold secrets or settings of the router; children get what they need in words."""


class Child:
    """A running child; comes from :func:`open_child`."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None) -> None:
        self.name = name
        """For the log."""
        # Started from this very thread: a parent-death signal is sent when the thread ends that made the child.
        self._process = subprocess.Popen(  # noqa: S603 - an argument list of ours
            list(arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=_environment() if environment is None else dict(environment),
        )
        self.pid = self._process.pid
        os.setpriority(os.PRIO_PROCESS, self.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        self._pidfd = os.pidfd_open(self.pid)
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        assert self._process.stdout is not None  # noqa: S101
        self._stdin = trio.lowlevel.FdStream(os.dup(self._process.stdin.fileno()))
        self._stdout = trio.lowlevel.FdStream(os.dup(self._process.stdout.fileno()))
        self._process.stdin.close()
        self._process.stdout.close()
        self._lines: deque[bytes] = deque()
        self._rest = b""

    async def send(self, message: Mapping[str, Any]) -> None:
        """Write one line to its standard input. Raises trio.BrokenResourceError if the child does not read any more."""
        await self._stdin.send_all(json.dumps(message).encode() + b"\n")

    async def end_input(self) -> None:
        """Close its standard input: it is to finish. What it still reports can be received."""
        await self._stdin.aclose()

    async def receive(self) -> dict[str, Any] | None:
        """The next line of its standard output; None once it has closed that. What is no JSON object is logged."""
        while True:
            while self._lines:
                report = self._parse(self._lines.popleft())
                if report is not None:
                    return report
            if not await self._read():
                return None

    async def _read(self) -> bool:
        try:
            chunk = await self._stdout.receive_some()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return False
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._lines.extend(lines)
        self._rest = rest if len(rest) <= MAX_LINE_BYTES else b""
        return bool(chunk)

    async def wait(self) -> int:
        """Its exit status; negative: the signal that ended it."""
        if self._process.returncode is None:
            await trio.lowlevel.wait_readable(self._pidfd)
        return self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    async def _close(self, finish_s: float) -> None:
        await self._stdin.aclose()
        with trio.move_on_after(finish_s):
            await self.wait()
        if self._process.returncode is None:
            _log.warning("%s (pid %d) does not finish and is killed", self.name, self.pid)
            self.kill()
            await self.wait()
        await self._stdout.aclose()
        os.close(self._pidfd)
        if self._process.returncode:
            _log.warning("%s (pid %d) ended with %s", self.name, self.pid, _status(self._process.returncode))

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        try:
            report = json.loads(line)
        except ValueError:
            report = None
        if not isinstance(report, dict):
            _log.warning("%s (pid %d) said %.200r", self.name, self.pid, line)
            return None
        return report


@asynccontextmanager
async def open_child(
    arguments: Sequence[str],
    *,
    name: str,
    finish_s: float = FINISH_S,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Child]:
    """Run a child for the length of an ``async with`` block.

    At its end the child's standard input ends, which asks it to finish; after *finish_s* it is killed. It never becomes
    a zombie. Without *environment* it gets the router's, without the settings. Raises OSError if it cannot be started.
    """
    child = Child(name, arguments, environment)
    try:
        yield child
    finally:
        with trio.CancelScope(shield=True):
            await child._close(finish_s)


@dataclass(slots=True)
class RestartBudget:
    """How often something that broke may be started again: so many times in so many seconds."""

    restarts: int
    within_s: float
    _restarted_s: deque[float] = field(default_factory=deque)

    def take(self, now_s: float) -> bool:
        """Use one restart; False if there is none left."""
        while self._restarted_s and now_s - self._restarted_s[0] > self.within_s:
            self._restarted_s.popleft()
        if len(self._restarted_s) >= self.restarts:
            return False
        self._restarted_s.append(now_s)
        return True


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_PRIVATE_PREFIXES)}


def _status(returncode: int) -> str:
    return f"status {returncode}" if returncode > 0 else signal.Signals(-returncode).name
