"""``ovrouter bench``: the benchmark of the source tree (warm).

It stays out of the wheel: it wants a compiler, Go and other routers beside it, as nobody does who serves calls.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["bench"]

SOURCE_TREE = Path(__file__).parents[1]


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmark and return its exit status. Raises FileNotFoundError if it is not there."""
    if not any((SOURCE_TREE / "benchmarks").glob("_load.*.so")):
        raise FileNotFoundError("bench needs the source tree with its load generator: run `make bench` there")
    path = os.pathsep.join(filter(None, [str(SOURCE_TREE), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.call(command, env=os.environ | {"PYTHONPATH": path})  # noqa: S603 - the words of our own user
