"""``ovrouter replay``: run the core over a trace, and see whether it does again what it did (warm: reads a file)."""

from __future__ import annotations

import ast
import contextlib
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pylibsrtp

from ovrouter._fastpath import Core, Replay
from ovrouter.errors import TraceUnreadable
from ovrouter.media.trace import read_records

__all__ = ["Outcome", "replay_file"]

DATAGRAM, FORWARD, TICK, RELAYED, COMMAND, CHECK, END, FULL = range(1, 9)
"""Kinds of records (``_fastpath/trace.pxi``)."""
COMMANDS: Final = frozenset(
    {
        "add_down_track",
        "add_tap",
        "add_transport",
        "add_up_track",
        "attach_mirror",
        "attach_origin",
        "bind_up_track",
        "connect",
        "detach_mirror",
        "join_client",
        "remove_down_track",
        "remove_transport",
        "remove_up_track",
        "request_keyframe",
        "send",
        "set_cname",
        "set_down_limits",
        "set_extensions",
        "set_keys",
        "set_max_bitrate",
        "take_events",
        "take_outgoing",
    }
)
NOT_OURS: Final = (
    *(SyntaxError, TypeError, ValueError, OverflowError, MemoryError, RecursionError),
    *(struct.error, pylibsrtp.Error),
)
"""What reading and obeying a trace raises that was changed."""
_OUTPUTS: Final = struct.Struct("=QQQQ")
_ENDINGS: Final = {END: "complete", FULL: "ends where the disk did not keep up"}


@dataclass
class Outcome:
    """What went in, what came out, and whether it is what came out live."""

    datagrams: int = 0
    relayed: int = 0
    """What other workers handed over."""
    commands: int = 0
    checks: int = 0
    """Comparisons with what the live worker had put out."""
    ending: str = "ends where the router was cut off"
    begun_us: int = 0
    now_us: int = 0
    differs_at_us: int | None = None
    """The first comparison that failed."""
    outputs: bytes = b""

    @property
    def compared_s(self) -> float:
        """How far comparisons went before one failed."""
        return ((self.now_us if self.differs_at_us is None else self.differs_at_us) - self.begun_us) / 1e6

    @property
    def agrees(self) -> bool:
        """True if there was something to compare and no difference."""
        return self.checks > 0 and self.differs_at_us is None

    def __str__(self) -> str:
        digest, datagrams, events, tapped = _OUTPUTS.unpack(self.outputs)
        return "\n".join(
            (
                f"trace  {(self.now_us - self.begun_us) / 1e6:.3f} s, {self.ending}, compared {self.checks} times",
                f"in     {self.datagrams} datagrams, {self.relayed} records of other workers, {self.commands} commands",
                f"out    {datagrams} datagrams, {events} events, {tapped} packets to taps, digest {digest:016x}",
                self._verdict(),
            )
        )

    def _verdict(self) -> str:
        if self.differs_at_us is not None:
            return f"differs from what was sent live before {self.compared_s:.3f} s"
        return "agrees with what was sent live" if self.checks else "there is nothing to compare with"


def replay_file(path: Path) -> Outcome:
    """Run a core over the trace at *path*. Raises OSError, TraceUnreadable."""
    with path.open("rb") as file:
        return replay(read_records(file))


def replay(records: Iterable[tuple[int, int, memoryview]]) -> Outcome:
    """Run a core over *records*: (kind, time in µs, body). Raises TraceUnreadable."""
    core, outcome = Replay(), Outcome()
    try:
        for kind, now_us, body in records:
            _note_time(outcome, now_us)
            _step(core, outcome, kind, now_us, body)
    except NOT_OURS as error:
        raise TraceUnreadable(f"the trace holds what no router wrote: {error}") from error
    outcome.outputs = core.outputs()
    return outcome


def _note_time(outcome: Outcome, now_us: int) -> None:
    if now_us:
        outcome.begun_us = outcome.begun_us or now_us
        outcome.now_us = now_us


def _step(core: Replay, outcome: Outcome, kind: int, now_us: int, body: memoryview) -> None:
    if kind == COMMAND:
        outcome.commands += 1
        _command(core, str(body, "utf-8"))
    elif kind in (CHECK, END, FULL):
        outcome.checks += 1
        outcome.ending = _ENDINGS.get(kind, outcome.ending)
        if body != core.outputs() and outcome.differs_at_us is None:
            outcome.differs_at_us = outcome.now_us
    else:
        outcome.datagrams += kind == DATAGRAM
        outcome.relayed += kind == RELAYED
        core.feed(kind, now_us, body)


def _command(core: Replay, text: str) -> None:
    name, arguments, options = ast.literal_eval(text)
    if name not in COMMANDS:
        raise ValueError(f"{name!r} is no command")
    if name == "add_tap":
        _add_tap(core)
    elif name == "connect":
        # What goes to other workers is in their own traces.
        core.connect(Core())
    else:
        # What failed then fails now, and the core is to be none the wiser.
        with contextlib.suppress(KeyError, ValueError):
            getattr(core, name)(*arguments, **options)


def _add_tap(core: Replay) -> None:
    """With a descriptor that takes nothing: what becomes of a tap's packets changes nothing in the core."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        core.add_tap(nowhere)
    finally:
        os.close(nowhere)
