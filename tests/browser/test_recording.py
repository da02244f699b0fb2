"""Recordings of real browsers: every stream in a file of its own, as it was sent."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

import pytest

from tests.browser.downloads import Media, Recordings
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess
from tests.interop.lossy_relay import LossyRelay

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


@pytest.mark.parametrize(
    ("codec", "name", "suffix"),
    [("VP8", "vp8", "webm"), ("VP9", "vp9", "webm"), ("AV1", "av1", "webm"), ("H264", "h264", "mkv")],
)
def test_every_codec_is_recorded_as_it_is(
    meeting: Meeting, recordings: Recordings, tmp_path: Path, codec: str, name: str, suffix: str
) -> None:
    alice, bob = meeting.join(), meeting.join()
    alice.prefer_codec(f"video/{codec}")
    stream = alice.publish()
    bob.sees(stream)
    recording = recordings.start(meeting.session_id)
    time.sleep(RECORDED_S)
    ready = recordings.stop(recording["id"])
    assert ready["duration"] == pytest.approx(RECORDED_S, abs=3)
    recordings.download(ready, tmp_path)

    media = Media(tmp_path / f"{stream}.{suffix}")
    assert media.codecs == {"video": name, "audio": "opus"}
    assert media.duration_s == pytest.approx(ready["duration"], abs=0.5)
    assert media.picture_times[-1] - media.picture_times[0] > RECORDED_S / 2
    assert media.moving_frames > RECORDED_S
    assert complaints_of_ffmpeg(tmp_path / f"{stream}.{suffix}") == ""


def test_losses_on_the_way_leave_no_fault_in_the_file(meeting: Meeting, recordings: Recordings, tmp_path: Path) -> None:
    with LossyRelay(loss=0.05, seed=5) as relay:
        stream = meeting.join(lossy=relay).publish_claps()
        recording = recordings.start(meeting.session_id)
        time.sleep(3 * RECORDED_S)
        ready = recordings.stop(recording["id"])
        assert relay.lost > 10
    recordings.download(ready, tmp_path)

    file = tmp_path / f"{stream}.webm"
    assert complaints_of_ffmpeg(file) == ""
    media = Media(file)
    assert media.duration_s == pytest.approx(3 * RECORDED_S, abs=3)
    assert abs(media.sound_duration_s - media.picture_times[-1]) < 1
    claps, flashes = media.claps_s(), media.flashes_s()
    assert min(len(claps), len(flashes)) > RECORDED_S
    offsets = [min((flash - clap for flash in flashes), key=abs) for clap in claps]
    begin, end = offsets[: len(offsets) // 2], offsets[len(offsets) // 2 :]
    assert abs(statistics.median(end) - statistics.median(begin)) < MAX_OFFSET_S


def complaints_of_ffmpeg(file: Path) -> str:
    """What the decoders find wrong with a file."""
    # Milliseconds as in the file: by the time base it guesses, ffmpeg finds frames that are close at the same time.
    picture = "-map 0:v -fps_mode passthrough -enc_time_base 1:1000 -f rawvideo -y /dev/null"
    outputs = f"{picture} -map 0:a -f s16le -y /dev/null"
    command = ["ffmpeg", "-v", "error", "-i", str(file), *outputs.split()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr


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
