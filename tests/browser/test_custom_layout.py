"""Recordings of a web page that joins the call by itself, as unmodified layout pages do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.downloads import Recordings
from tests.browser.layouts import CUSTOM, install_layouts
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess
from tests.browser.test_composed import FAKE_MICROPHONE_HZ, assert_moves, decoded, tone_hz

RECORDED_S = 8
LAYOUT = {"outputMode": "COMPOSED", **CUSTOM}


@pytest.fixture(scope="module")
def router_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "OPENVIDU_RECORDING": "true",
        "OPENVIDU_RECORDING_PATH": str(tmp_path_factory.mktemp("recordings")),
        **install_layouts(tmp_path_factory.mktemp("layouts")),
    }


@pytest.fixture
def recordings(router: RouterProcess) -> Recordings:
    return Recordings(router)


def connections(router: RouterProcess, session_id: str) -> list[dict[str, Any]]:
    found = router.rest.get(f"/openvidu/api/sessions/{session_id}/connection").json()
    return [connection for connection in found["content"] if connection["status"] == "active"]


def test_a_page_of_ones_own_is_recorded_and_nobody_notices_it(
    meeting: Meeting, router: RouterProcess, recordings: Recordings, tmp_path: Path
) -> None:
    alice, bob = meeting.join(), meeting.join()
    alice.publish()
    bob.publish()
    recording = recordings.start(meeting.session_id, **LAYOUT)
    assert (recording["status"], recording["customLayout"]) == ("started", "side-by-side")
    time.sleep(RECORDED_S)
    assert {each["id"] for each in connections(router, meeting.session_id)} == {alice.connection_id, bob.connection_id}
    ready = recordings.stop(recording["id"])
    assert ready["status"] == "ready"
    assert ready["duration"] == pytest.approx(RECORDED_S, abs=3)
    assert {event["connectionId"] for event in alice.log("connectionCreated")} == {
        alice.connection_id,
        bob.connection_id,
    }
    assert alice.log("connectionDestroyed") == []

    codecs, pictures, sound = decoded(recordings.save(ready, tmp_path / "page.mp4"))
    assert codecs == {"video": "h264", "audio": "aac"}
    assert pictures[0].shape == (240, 640)
    assert_moves([picture[:, :320] for picture in pictures])
    assert_moves([picture[:, 320:] for picture in pictures])
    assert tone_hz(sound) == FAKE_MICROPHONE_HZ


def test_a_quick_start_has_the_page_ready(meeting: Meeting, recordings: Recordings, tmp_path: Path) -> None:
    default = LAYOUT | {"outputMode": "COMPOSED_QUICK_START"}
    meeting.open(defaultRecordingProperties=default)
    meeting.join().publish()
    recording = recordings.start(meeting.session_id, outputMode="COMPOSED")
    assert (recording["outputMode"], recording["recordingLayout"]) == ("COMPOSED_QUICK_START", "CUSTOM")
    time.sleep(RECORDED_S)
    ready = recordings.stop(recording["id"])
    _, pictures, sound = decoded(recordings.save(ready, tmp_path / "quick.mp4"))
    assert_moves(pictures)
    assert tone_hz(sound) == FAKE_MICROPHONE_HZ


@pytest.mark.parametrize(
    ("layout", "explanation"),
    [
        ("no-such-layout", "index.html"),
        ("../..", "leads out of"),
        ("https://no-such-host.invalid/", "ERR_NAME_NOT_RESOLVED"),
    ],
)
def test_a_page_that_is_not_there_fails_the_start(
    meeting: Meeting, router: RouterProcess, layout: str, explanation: str
) -> None:
    meeting.join().publish()
    body = {"session": meeting.session_id} | LAYOUT | {"customLayout": layout}
    answer = router.rest.post("/openvidu/api/recordings/start", json=body)
    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.text.startswith("Error starting recording: ")
    assert explanation in answer.text
