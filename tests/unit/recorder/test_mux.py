"""Files that FFmpeg decodes, whole or cut off."""

import shutil

import av
import pytest

from ovrouter.recorder.mux import MatroskaFile, suffix_for
from tests.unit.recorder.media import decoded, pictures, sound


def write(path, frames, *, until=None):
    first = {}
    for frame in frames:
        first.setdefault(frame.codec, frame)
    file = MatroskaFile(path, list(first.values()))
    for frame in sorted(frames, key=lambda frame: frame.pts_us):
        file.write(frame, frame.pts_us)
    if until is not None:
        shutil.copy(path, until)
    file.close()


@pytest.mark.parametrize("codec", ["VP8", "VP9", "H264", "AV1"])
def test_every_codec_comes_out_as_it_went_in(tmp_path, codec):
    path = tmp_path / f"file{suffix_for(codec)}"
    write(path, pictures(codec) + sound())
    times = decoded(path)
    assert len(times["video"]) == 50
    assert times["video"][-1] == pytest.approx(1.96, abs=0.002)
    assert 1.9 < times["audio"][-1] < 2.0
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(2_000_000, abs=100_000)
        assert (container.streams.video[0].width, container.streams.video[0].height) == (320, 240)


def test_sound_alone_is_a_file_too(tmp_path):
    write(tmp_path / "sound.webm", sound())
    assert len(decoded(tmp_path / "sound.webm")["audio"]) == 100


def test_a_file_that_is_cut_off_can_be_decoded_but_for_its_last_second(tmp_path):
    write(tmp_path / "whole.webm", pictures(count=250) + sound(500), until=tmp_path / "cut.webm")
    times = decoded(tmp_path / "cut.webm")
    assert times["video"][-1] > 9.96 - 1.2
    assert times["audio"][-1] > 9.98 - 1.2


def test_a_track_that_falls_silent_does_not_hold_back_the_other(tmp_path):
    silent = [frame for frame in sound(500) if frame.pts_us < 1_000_000]
    write(tmp_path / "whole.webm", [*pictures(count=250), *silent], until=tmp_path / "cut.webm")
    assert decoded(tmp_path / "cut.webm")["video"][-1] > 9.96 - 1.4


def test_a_picture_may_change_its_size(tmp_path):
    small = pictures(width=160, height=120)
    frames = [
        *pictures(),
        *(type(frame)(frame.codec, frame.data, frame.pts_us + 2_000_000, frame.is_keyframe) for frame in small),
    ]
    write(tmp_path / "file.webm", frames)
    with av.open(str(tmp_path / "file.webm")) as container:
        sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
    assert sizes == [(320, 240)] * 50 + [(160, 120)] * 50


def test_a_frame_that_is_no_picture_makes_no_file(tmp_path):
    broken = type(pictures()[0])("H264", b"\x00\x00\x00\x01\x65rubbish", 0, True)
    with pytest.raises(av.FFmpegError):
        MatroskaFile(tmp_path / "file.mkv", [broken])
