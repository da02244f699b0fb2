"""Recordings of real browsers: every stream in a file of its own, as it was sent."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.browser.downloads import Media, Recordings
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess

FAKE_MICROPHONE_HZ = pytest.approx(400, abs=50)
RECORDED_S = 6


@pytest.fixture(scope="module")
def router_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("recordings")
    return {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(folder)}


@pytest.fixture
def recordings(router: RouterProcess) -> Recordings:
    return Recordings(router)


def test_each_stream_becomes_a_file_with_its_picture_and_sound(
    meeting: Meeting, recordings: Recordings, tmp_path: Path
) -> None:
    alice, bob = meeting.join(), meeting.join()
    streams = {alice.publish(), bob.publish()}
    recording = recordings.start(meeting.session_id, name="MyRecording")
    assert (recording["status"], recording["id"]) == ("started", meeting.session_id)
    started = alice.wait_for("recordingStarted")
    assert (started["id"], started["name"]) == (meeting.session_id, "MyRecording")
    time.sleep(RECORDED_S)
    ready = recordings.stop(recording["id"])
    assert alice.wait_for("recordingStopped")["reason"] == "recordingStoppedByServer"

    assert ready["status"] == "ready"
    assert ready["duration"] == pytest.approx(RECORDED_S, abs=3)
    described = recordings.download(ready, tmp_path)
    assert {file["streamId"] for file in described["files"]} == streams
    for file in described["files"]:
        assert (file["hasAudio"], file["hasVideo"], file["typeOfVideo"]) == (True, True, "CAMERA")
        assert file["size"] == (tmp_path / file["name"]).stat().st_size
        media = Media(tmp_path / file["name"])
        assert media.codecs == {"video": "vp8", "audio": "opus"}
        assert media.duration_s == pytest.approx(RECORDED_S, abs=3)
        assert media.sound_duration_s == pytest.approx(media.duration_s, abs=0.7)
        assert media.moving_frames > 5 * RECORDED_S
        assert media.tone_hz() == FAKE_MICROPHONE_HZ
