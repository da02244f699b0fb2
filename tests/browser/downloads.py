"""Recordings as their users have them: downloaded, unpacked, decoded."""

from __future__ import annotations

import io
import itertools
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np

from tests.browser.router_process import RouterProcess

__all__ = ["Media", "Recordings"]

START_TIMEOUT_S = 60
"""The machine of the tests may be busy."""


class Recordings:
    """The recordings API of a router."""

    def __init__(self, router: RouterProcess) -> None:
        self._rest = router.rest

    def start(self, session_id: str, **options: Any) -> dict[str, Any]:
        """``POST /recordings/start``, INDIVIDUAL unless *options* say otherwise."""
        body = {"session": session_id, "outputMode": "INDIVIDUAL", **options}
        return self._object(self._rest.post("/openvidu/api/recordings/start", json=body, timeout=START_TIMEOUT_S))

    def stop(self, recording_id: str) -> dict[str, Any]:
        """``POST /recordings/stop``."""
        return self._object(self._rest.post(f"/openvidu/api/recordings/stop/{recording_id}", timeout=START_TIMEOUT_S))

    def get(self, recording_id: str) -> dict[str, Any]:
        """``GET /recordings/<id>``."""
        return self._object(self._rest.get(f"/openvidu/api/recordings/{recording_id}"))

    def save(self, recording: dict[str, Any], path: Path) -> Path:
        """Keep the file of *recording* as *path*."""
        response = self._rest.get(recording["url"], timeout=START_TIMEOUT_S)
        assert response.status_code == httpx.codes.OK
        path.write_bytes(response.content)
        return path

    def download(self, recording: dict[str, Any], folder: Path) -> dict[str, Any]:
        """Unpack the ZIP of *recording* into *folder*; what its JSON file says."""
        response = self._rest.get(recording["url"], timeout=START_TIMEOUT_S)
        assert response.status_code == httpx.codes.OK
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            assert archive.testzip() is None
            archive.extractall(folder)
        described: dict[str, Any] = json.loads((folder / f"{recording['name']}.json").read_text())
        return described

    def played_s(self, recording: dict[str, Any], folder: Path) -> float:
        """How long what can be downloaded of *recording*, one file, shows pictures."""
        if recording["outputMode"] == "INDIVIDUAL":
            (file,) = self.download(recording, folder)["files"]
            return Media(folder / file["name"]).picture_times[-1]
        return Media(self.save(recording, folder / "composed.mp4")).picture_times[-1]

    def wait_for_url(self, recording_id: str) -> dict[str, Any]:
        """The recording, once there is something to download."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while (found := self.get(recording_id))["url"] is None:
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found

    def delete(self, recording_id: str) -> None:
        """``DELETE /recordings/<id>``."""
        answer = self._rest.delete(f"/openvidu/api/recordings/{recording_id}")
        assert answer.status_code == httpx.codes.NO_CONTENT, answer.text

    @staticmethod
    def _object(response: httpx.Response) -> dict[str, Any]:
        assert response.status_code == httpx.codes.OK, response.text
        found: dict[str, Any] = response.json()
        return found


class Media:
    """A file, decoded as a whole; FFmpeg finds nothing wrong with it."""

    def __init__(self, path: Path) -> None:
        self.codecs: dict[str, str] = {}
        self.picture_times: list[float] = []
        self.sizes: list[tuple[int, int]] = []
        self.brightness: list[float] = []
        self.moving_frames = 0
        self._sound: list[tuple[float, np.ndarray]] = []
        last: np.ndarray | None = None
        with av.open(str(path)) as container:
            self.duration_s = (container.duration or 0) / 1_000_000
            for stream in container.streams:
                self.codecs[stream.type] = stream.codec.canonical_name
            for frame in container.decode():
                if isinstance(frame, av.AudioFrame):
                    self._sound.append((float(frame.time), frame.to_ndarray().mean(axis=0)))
                    continue
                picture = frame.reformat(width=64, height=48, format="gray").to_ndarray().astype(int)
                self.picture_times.append(float(frame.time))
                self.sizes.append((frame.width, frame.height))
                self.brightness.append(float(picture.mean()))
                self.moving_frames += last is not None and bool(np.abs(picture - last).max() > 8)
                last = picture

    @property
    def sound_duration_s(self) -> float:
        """From the first sample to the last."""
        return self._sound[-1][0] - self._sound[0][0] if self._sound else 0.0

    def tone_hz(self) -> float:
        """The loudest tone."""
        samples = np.concatenate([block for _, block in self._sound])
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
        return float(np.argmax(spectrum) * 48000 / len(samples))

    def claps_s(self) -> list[float]:
        """When sound sets in after silence."""
        blocks = [(time + index * 0.005, part) for time, block in self._sound for index, part in _slices(block)]
        return _onsets([(time, float(np.abs(part).max()) > 0.05) for time, part in blocks])

    def flashes_s(self) -> list[float]:
        """When the picture turns white."""
        return _onsets([(time, bright > 128) for time, bright in zip(self.picture_times, self.brightness, strict=True)])


def _slices(block: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Of 5 ms."""
    return list(enumerate(np.split(block, range(240, len(block), 240))))


def _onsets(states: list[tuple[float, bool]]) -> list[float]:
    return [time for (_, before), (time, now) in itertools.pairwise(states) if now and not before]
