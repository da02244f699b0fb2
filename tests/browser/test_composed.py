"""Composed recordings of real browsers: one file with everybody's picture and sound."""

from __future__ import annotations

import time
from pathlib import Path

import av
import numpy as np
import pytest

from tests.browser.downloads import Recordings
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess

RECORDED_S = 6
FAKE_MICROPHONE_HZ = pytest.approx(400, abs=50)


@pytest.fixture(scope="module")
def router_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("recordings")
    return {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(folder)}


@pytest.fixture
def recordings(router: RouterProcess) -> Recordings:
    return Recordings(router)


def decoded(path: Path) -> tuple[dict[str, str], list[np.ndarray], np.ndarray]:
    """Codecs by kind, pictures (luma), samples of one channel."""
    with av.open(str(path)) as container:
        codecs = {stream.type: stream.codec.canonical_name for stream in container.streams}
        pictures, sound = [], []
        for frame in container.decode():
            if isinstance(frame, av.VideoFrame):
                pictures.append(frame.to_ndarray()[: frame.height])
            else:
                sound.append(frame.to_ndarray()[0])
    return codecs, pictures, np.concatenate(sound) if sound else np.empty(0)


def tone_hz(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * 48000 / len(sound))


def assert_moves(pictures: list[np.ndarray]) -> None:
    spread = np.ptp(np.stack([picture[::8, ::8] for picture in pictures[len(pictures) // 2 :]]).astype(int), axis=0)
    assert spread.max() > 60


def test_a_grid_of_all_cameras_moves_and_sounds(meeting: Meeting, recordings: Recordings, tmp_path: Path) -> None:
    alice, bob = meeting.join(), meeting.join()
    alice.publish()
    bob.publish()
    recording = recordings.start(meeting.session_id, outputMode="COMPOSED", name="Grid")
    assert (recording["status"], recording["recordingLayout"]) == ("started", "BEST_FIT")
    assert alice.wait_for("recordingStarted")["name"] == "Grid"
    time.sleep(RECORDED_S)
    ready = recordings.stop(recording["id"])
    assert (ready["status"], ready["resolution"], ready["frameRate"]) == ("ready", "1280x720", 25)
    assert ready["duration"] == pytest.approx(RECORDED_S, abs=3)
    assert ready["url"].endswith(f"/{recording['id']}/Grid.mp4")

    codecs, pictures, sound = decoded(recordings.save(ready, tmp_path / "grid.mp4"))
    assert codecs == {"video": "h264", "audio": "aac"}
    assert pictures[0].shape == (720, 1280)
    assert len(pictures) / 25 == pytest.approx(ready["duration"], abs=1)
    assert_moves([picture[:, :640] for picture in pictures])
    assert_moves([picture[:, 640:] for picture in pictures])
    assert tone_hz(sound) == FAKE_MICROPHONE_HZ


def test_sound_alone_is_webm(meeting: Meeting, recordings: Recordings, tmp_path: Path) -> None:
    meeting.join().publish()
    recording = recordings.start(meeting.session_id, outputMode="COMPOSED", hasVideo=False)
    time.sleep(RECORDED_S / 2)
    ready = recordings.stop(recording["id"])
    codecs, _, sound = decoded(recordings.save(ready, tmp_path / "sound.webm"))
    assert codecs == {"audio": "opus"}
    assert tone_hz(sound) == FAKE_MICROPHONE_HZ


def test_pictures_alone_have_the_size_and_rate_that_were_asked_for(
    meeting: Meeting, recordings: Recordings, tmp_path: Path
) -> None:
    meeting.join().publish()
    options = {"outputMode": "COMPOSED", "hasAudio": False, "resolution": "640x480", "frameRate": 10}
    recording = recordings.start(meeting.session_id, **options)
    time.sleep(RECORDED_S / 2)
    ready = recordings.stop(recording["id"])
    codecs, pictures, _ = decoded(recordings.save(ready, tmp_path / "silent.mp4"))
    assert codecs == {"video": "h264"}
    assert pictures[0].shape == (480, 640)
    assert len(pictures) / 10 == pytest.approx(ready["duration"], abs=1)
    assert_moves(pictures)


def test_a_quick_start_records_with_the_composer_that_is_ready(
    meeting: Meeting, recordings: Recordings, tmp_path: Path
) -> None:
    meeting.open(defaultRecordingProperties={"outputMode": "COMPOSED_QUICK_START", "resolution": "640x360"})
    meeting.join().publish()
    for number in range(2):
        recording = recordings.start(meeting.session_id, outputMode="COMPOSED")
        assert recording["outputMode"] == "COMPOSED_QUICK_START"
        time.sleep(RECORDED_S / 2)
        ready = recordings.stop(recording["id"])
        _, pictures, sound = decoded(recordings.save(ready, tmp_path / f"{number}.mp4"))
        assert pictures[0].shape == (360, 640)
        assert_moves(pictures)
        assert tone_hz(sound) == FAKE_MICROPHONE_HZ
