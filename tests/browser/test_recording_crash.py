"""A router that is killed in the middle of a recording: the file plays, and the next start finishes it."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.downloads import Media, Recordings
from tests.browser.layouts import CUSTOM, install_layouts
from tests.browser.meeting import Meeting
from tests.browser.processes import descendants, wait_until_gone
from tests.browser.router_process import run_router

RECORDED_S = 6
LOST_S = 2
"""At most."""
FINISH_S = 60
CHILDREN_END_S = 5


@pytest.mark.parametrize(
    "options",
    [
        {"outputMode": "INDIVIDUAL"},
        {"outputMode": "COMPOSED", "resolution": "320x240"},
        {"outputMode": "COMPOSED", **CUSTOM},
    ],
    ids=["individual", "grid", "page"],
)
def test_a_killed_router_leaves_files_that_play_and_no_process(
    browser: Browser, pages_url: str, tmp_path: Path, options: dict[str, Any]
) -> None:
    layouts = install_layouts(tmp_path / "layouts")
    settings = {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(tmp_path / "recordings"), **layouts}
    data = tmp_path / "router"
    data.mkdir()
    with (
        run_router(data, exit_status=-signal.SIGKILL, **settings) as router,
        Meeting(router, browser, pages_url) as meeting,
    ):
        meeting.join().publish()
        recording = Recordings(router).start(meeting.session_id, **options)
        time.sleep(RECORDED_S)
        children = descendants(router.process.pid)
        assert children
        router.process.kill()
        router.process.wait()
        wait_until_gone(children, CHILDREN_END_S)
    with run_router(data, **settings) as router:
        media = finished(Recordings(router), recording["id"], tmp_path)

    assert media.duration_s > RECORDED_S - LOST_S
    assert media.picture_times[-1] > RECORDED_S - LOST_S
    assert media.sound_duration_s > RECORDED_S - LOST_S


def finished(recordings: Recordings, recording_id: str, folder: Path) -> Media:
    """What a router makes of a recording that it finds interrupted."""
    deadline = time.monotonic() + FINISH_S
    while (found := recordings.get(recording_id))["status"] != "ready":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    if found["outputMode"] == "COMPOSED":
        return Media(recordings.save(found, folder / "composed.mp4"))
    (file,) = recordings.download(found, folder)["files"]
    return Media(folder / file["name"])
