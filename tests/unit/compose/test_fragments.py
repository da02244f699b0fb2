"""A recording that was cut off in the middle of a write."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av import VideoFrame

from ovrouter.compose.fragments import cut_to_whole_fragments
from ovrouter.compose.writing import ContainerWriter

FRAME_RATE = 25
FRAMES = 5 * FRAME_RATE
LONGEST_LOSS_S = 2.0
"""What the encoder holds, and a fragment."""


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    """Five seconds of noise, the end of which was never written."""
    path = tmp_path / "unfinished.mp4"
    writer = ContainerWriter(str(path), "mp4", size=(320, 240), frame_rate=FRAME_RATE, has_audio=False)
    random = np.random.default_rng(1)
    for index in range(FRAMES):
        pixels = random.integers(0, 255, (240, 320, 3), dtype=np.uint8)
        writer.write_picture(VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p"), index)
    written = path.read_bytes()
    writer.close()
    path.write_bytes(written)
    return path


@pytest.mark.parametrize("part", [0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
def test_what_is_left_decodes_without_an_error(unfinished: Path, part: float) -> None:
    written = unfinished.read_bytes()
    unfinished.write_bytes(written[: int(part * len(written))])
    cut_to_whole_fragments(unfinished)
    assert picture_times(unfinished)[-1] > part * FRAMES / FRAME_RATE - LONGEST_LOSS_S


def test_a_whole_file_stays_as_it_is(unfinished: Path) -> None:
    written = unfinished.read_bytes()
    cut_to_whole_fragments(unfinished)
    assert unfinished.read_bytes() == written


@pytest.mark.parametrize(
    "content", [b"", b"moof", b"\0\0\0\x08moof", b"\0\0\0\0mdat", b"\0\0\0\x01mdat\0", b"\xff" * 100]
)
def test_what_is_no_mp4_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.mp4"
    path.write_bytes(content)
    cut_to_whole_fragments(path)
    assert path.read_bytes() == content


def picture_times(path: Path) -> list[float]:
    """Seconds. Raises FFmpegError where something cannot be decoded."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]
