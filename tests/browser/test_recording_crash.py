"""A router that is killed in the middle of a recording: the file plays, and the next start finishes it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.downloads import Media, Recordings
from tests.browser.meeting import Meeting
from tests.browser.router_process import run_router

RECORDED_S = 6
LOST_S = 2
"""At most."""
FINISH_S = 60
CHILDREN_END_S = 5


def wait_without_children(group: int) -> None:
    """Children of a router that was killed end by themselves."""
    deadline = time.monotonic() + CHILDREN_END_S
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.05)


def test_a_killed_router_leaves_files_that_play(browser: Browser, pages_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    settings = {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(folder)}
    data = tmp_path / "router"
    data.mkdir()
    with (
        run_router(data, exit_status=-signal.SIGKILL, **settings) as router,
        Meeting(router, browser, pages_url) as meeting,
    ):
        stream = meeting.join().publish()
        recording = Recordings(router).start(meeting.session_id)
        time.sleep(RECORDED_S)
        router.process.kill()
        router.process.wait()
        wait_without_children(router.process.pid)
    with run_router(data, **settings) as router:
        recordings = Recordings(router)
        deadline = time.monotonic() + FINISH_S
        while (found := recordings.get(recording["id"]))["status"] != "ready":
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        (file,) = recordings.download(found, tmp_path / "unpacked")["files"]

    assert file["streamId"] == stream
    media = Media(tmp_path / "unpacked" / file["name"])
    assert media.duration_s > RECORDED_S - LOST_S
    assert media.picture_times[-1] > RECORDED_S - LOST_S
    assert media.sound_duration_s > RECORDED_S - LOST_S
