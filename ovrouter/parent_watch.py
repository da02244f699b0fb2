"""The child's side of :mod:`ovrouter.children` (contract: standard library only, as it is imported before all else)."""

from __future__ import annotations

import ctypes
import signal
from typing import Final

__all__ = ["die_with_parent"]

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent() -> None:
    """Let the kernel kill this process when its parent ends, even if it hangs in a codec. To be called first of all.

    A parent that ended before the call is noticed by the end of standard input.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
