"""Recordings of real browsers: every stream in a file of its own, as it was sent."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from tests.browser.downloads import Media, Recordings
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess

FAKE_MICROPHONE_HZ = pytest.approx(400, abs=50)
RECORDED_S = 6
MAX_OFFSET_S = 0.1
"""The browser itself is some 30 ms out: a picture is captured later than sound."""


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


def test_sound_and_picture_are_in_step(meeting: Meeting, recordings: Recordings, tmp_path: Path) -> None:
    stream = meeting.join().publish_claps()
    recording = recordings.start(meeting.session_id)
    time.sleep(2 * RECORDED_S)
    recordings.download(recordings.stop(recording["id"]), tmp_path)

    media = Media(tmp_path / f"{stream}.webm")
    claps, flashes = media.claps_s(), media.flashes_s()
    assert min(len(claps), len(flashes)) > RECORDED_S
    offsets = [min((flash - clap for flash in flashes), key=abs) for clap in claps]
    assert abs(statistics.median(offsets)) < MAX_OFFSET_S


def test_h264_is_recorded_as_it_is(meeting: Meeting, recordings: Recordings, tmp_path: Path) -> None:
    meeting.open(forcedVideoCodec="H264")
    stream = meeting.join().publish()
    recording = recordings.start(meeting.session_id)
    time.sleep(RECORDED_S)
    recordings.download(recordings.stop(recording["id"]), tmp_path)

    media = Media(tmp_path / f"{stream}.mkv")
    assert media.codecs == {"video": "h264", "audio": "opus"}
    assert media.moving_frames > 5 * RECORDED_S


def test_a_muted_camera_is_black_in_the_file_and_comes_back(
    meeting: Meeting, recordings: Recordings, tmp_path: Path
) -> None:
    alice, bob = meeting.join(), meeting.join()
    stream = alice.publish()
    bob.sees(stream)
    recording = recordings.start(meeting.session_id)
    time.sleep(RECORDED_S / 2)
    alice.publish_video(active=False)
    bob.sees_black(stream)
    time.sleep(RECORDED_S / 2)
    alice.publish_video(active=True)
    bob.sees(stream)
    time.sleep(RECORDED_S / 2)
    described = recordings.download(recordings.stop(recording["id"]), tmp_path)

    assert [file["name"] for file in described["files"]] == [f"{stream}.webm"]
    media = Media(tmp_path / f"{stream}.webm")
    assert max(media.brightness[:20]) > 20
    assert min(media.brightness) < 2
    assert max(media.brightness[-20:]) > 20
