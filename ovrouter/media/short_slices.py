"""A thread that is to run as soon as something comes for it (warm)."""

from __future__ import annotations

import ctypes
import os
import struct
from typing import Final

__all__ = ["SLICE_NS", "ask_for_short_slices"]

SLICE_NS: Final = 100_000
"""The least that Linux gives."""
_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
"""Numbers of the system call, which libc does not have (sched_setattr(2))."""
_ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")
"""Size, policy, flags, niceness, priority, and of SCHED_OTHER the slice in nanoseconds, since Linux 6.12."""


def ask_for_short_slices() -> None:
    """Let the calling thread go before threads with longer slices when it wakes, such as those of recorders.

    Otherwise it would wait until they have used up theirs, some milliseconds. Older kernels take it and do nothing.
    """
    number = _SCHED_SETATTR.get(os.uname().machine)
    if number is None or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, niceness, 0, SLICE_NS, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, attributes, 0)
