"""A router's process: pinned, heard, stopped."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.routers.child import debian_version, open_child, ready_url
from benchmarks.routers.contract import RouterFailed

CORE = min(os.sched_getaffinity(0))


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def test_it_runs_on_its_core_and_ends_with_the_block(tmp_path: Path) -> None:
    code = "import os, time; print('ready', *os.sched_getaffinity(0), flush=True); time.sleep(600)"
    async with open_child(python(code), CORE, tmp_path / "log") as process:
        assert await ready_url(process, tmp_path / "log") == str(CORE)
        assert process.returncode is None
    assert process.returncode is not None


async def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    code = "import sys; print('no'); sys.exit('the port is taken')"
    async with open_child(python(code), CORE, tmp_path / "log") as process:
        with pytest.raises(RouterFailed, match="said 'no\\\\n' and logged:\nthe port is taken"):
            await ready_url(process, tmp_path / "log")


def test_a_package_that_is_not_installed_has_no_version() -> None:
    assert debian_version("no-such-package-0") == ""
