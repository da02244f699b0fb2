"""What writes a recording fails: the application is told at once, the call goes on, and what was written plays."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.downloads import Recordings
from tests.browser.event_log import EventLog
from tests.browser.layouts import CUSTOM, install_layouts
from tests.browser.meeting import Meeting
from tests.browser.processes import PAGE_BROWSER, command_of, descendants
from tests.browser.router_process import RouterProcess

RECORDED_S = 5
TOLD_WITHIN_MS = 5_000
LOST_S = 2.5
"""Of what had been recorded, at most."""


@pytest.fixture(scope="module")
def cdr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cdr")


@pytest.fixture(scope="module")
def router_settings(cdr: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "OPENVIDU_CDR": "true",
        "OPENVIDU_CDR_PATH": str(cdr),
        "OPENVIDU_RECORDING": "true",
        "OPENVIDU_RECORDING_PATH": str(tmp_path_factory.mktemp("recordings")),
        **install_layouts(tmp_path_factory.mktemp("layouts")),
    }


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def refuse_writes(pid: int) -> None:
    """Whatever file it writes, the kernel takes no more of it."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1_000, 1_000))


@pytest.mark.parametrize(
    ("options", "process", "fail"),
    [
        ({"outputMode": "INDIVIDUAL"}, "ovrouter.recorder", kill),
        ({"outputMode": "INDIVIDUAL"}, "ovrouter.recorder", refuse_writes),
        ({"outputMode": "COMPOSED", "resolution": "320x240"}, "ovrouter.compose", kill),
        ({"outputMode": "COMPOSED", "resolution": "320x240"}, "ovrouter.compose", refuse_writes),
        ({"outputMode": "COMPOSED", **CUSTOM}, PAGE_BROWSER, kill),
        ({"outputMode": "COMPOSED", **CUSTOM}, "Xvfb", kill),
        ({"outputMode": "COMPOSED", **CUSTOM}, "ovrouter.compose.page", kill),
        ({"outputMode": "COMPOSED", **CUSTOM}, "ovrouter.compose.page", refuse_writes),
    ],
)
def test_a_failure_is_told_within_seconds(
    meeting: Meeting,
    router: RouterProcess,
    cdr: Path,
    tmp_path: Path,
    options: dict[str, Any],
    process: str,
    fail: Callable[[int], None],
) -> None:
    recordings, events = Recordings(router), EventLog(cdr)
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    recording = recordings.start(meeting.session_id, **options)
    time.sleep(RECORDED_S)

    failed_ms = time.time_ns() // 1_000_000
    fail(next(pid for pid in descendants(router.process.pid) if process in command_of(pid)))

    event = events.wait_for("recordingStatusChanged", id=recording["id"], status="failed")
    assert event["timestamp"] - failed_ms < TOLD_WITHIN_MS
    changes = events.of("recordingStatusChanged", id=recording["id"])
    assert [change["status"] for change in changes] == ["started", "stopped", "failed"]
    assert alice.wait_for("recordingStopped")["reason"] == changes[-1]["reason"]
    bob.sees(stream)

    found = recordings.get(recording["id"])
    assert found["status"] == "failed"
    assert found["duration"] > RECORDED_S - LOST_S
    assert recordings.played_s(found, tmp_path) > RECORDED_S - LOST_S
