"""When files begin and end, and what is said of them."""

import pytest

from ovrouter.recorder.stream_writer import TRACKS_WAIT_US, StreamWriter, free_stem
from tests.unit.recorder.media import decoded, later, pictures, sound

START_US = 1_700_000_000_000_000
SECOND = 1_000_000


class Reports(list):
    def events(self):
        return [(report["event"], report["name"]) for report in self]


@pytest.fixture
def reports():
    return Reports()


@pytest.fixture
def writer(tmp_path, reports):
    return StreamWriter(tmp_path, "str_CAM_x", reports.append)


def test_a_stream_is_one_file(writer, reports, tmp_path):
    frames = later(pictures() + sound(), START_US)
    writer.take(frames[:60], 2, START_US)
    writer.take(frames[60:], 2, START_US)
    writer.close()
    assert reports.events() == [("opened", "str_CAM_x.webm"), ("closed", "str_CAM_x.webm")]
    closed = reports[-1]
    assert (closed["start_ms"], closed["end_ms"]) == (START_US // 1000, START_US // 1000 + 1980)
    assert (closed["has_audio"], closed["has_video"]) == (True, True)
    assert closed["size_bytes"] == (tmp_path / "str_CAM_x.webm").stat().st_size
    assert len(decoded(tmp_path / "str_CAM_x.webm")["video"]) == 50


def test_a_file_waits_for_its_second_track_a_little(writer, reports):
    writer.take(later(sound(10), START_US), 2, START_US)
    assert reports == []
    writer.take(later(pictures()[:1], START_US), 2, START_US + SECOND)
    assert reports[0]["has_video"]
    assert reports[0]["has_audio"]


def test_a_file_does_not_wait_for_ever(writer, reports):
    writer.take(later(sound(10), START_US), 2, START_US)
    writer.take([], 2, START_US + TRACKS_WAIT_US)
    assert (reports[0]["has_audio"], reports[0]["has_video"]) == (True, False)


def test_a_track_that_comes_later_begins_another_file(writer, reports, tmp_path):
    writer.take(later(sound(50), START_US), 1, START_US)
    writer.take(later(pictures(), START_US + SECOND), 2, START_US + SECOND)
    writer.take(later(sound(50), START_US + SECOND), 2, START_US + 2 * SECOND)
    writer.close()
    assert reports.events() == [
        ("opened", "str_CAM_x.webm"), ("closed", "str_CAM_x.webm"),
        ("opened", "str_CAM_x-1.webm"), ("closed", "str_CAM_x-1.webm"),
    ]  # fmt: skip
    assert decoded(tmp_path / "str_CAM_x-1.webm").keys() == {"video", "audio"}


def test_another_codec_begins_another_file(writer, reports):
    writer.take(later(pictures(), START_US), 1, START_US)
    writer.take(later(pictures("H264"), START_US + 2 * SECOND), 1, START_US + 2 * SECOND)
    writer.close()
    assert [name for event, name in reports.events() if event == "closed"] == ["str_CAM_x.webm", "str_CAM_x-1.mkv"]


def test_pictures_before_a_keyframe_are_left_out_and_one_is_asked_for(writer, reports):
    writer.take(later(pictures()[1:], START_US), 1, START_US)
    assert writer.wants_keyframe
    writer.close()
    assert reports == []


def test_what_still_waits_is_written_at_the_end(writer, reports, tmp_path):
    writer.take(later(sound(10), START_US), 2, START_US)
    writer.close()
    assert reports.events() == [("opened", "str_CAM_x.webm"), ("closed", "str_CAM_x.webm")]
    assert len(decoded(tmp_path / "str_CAM_x.webm")["audio"]) == 10


def test_a_keyframe_that_is_damaged_is_passed_over(writer, reports):
    broken = type(pictures()[0])("H264", b"\x00\x00\x00\x01\x65rubbish", START_US, True)
    writer.take([broken], 1, START_US)
    assert writer.wants_keyframe
    writer.take(later(pictures("H264"), START_US), 1, START_US)
    writer.close()
    assert reports.events()[0] == ("opened", "str_CAM_x.mkv")


def test_frames_of_one_moment_come_one_after_the_other(writer, tmp_path):
    crowded = [type(frame)(frame.codec, frame.data, START_US, frame.is_keyframe) for frame in pictures()[:5]]
    writer.take(crowded, 1, START_US)
    writer.close()
    assert decoded(tmp_path / "str_CAM_x.webm")["video"] == pytest.approx([0, 0.001, 0.002, 0.003, 0.004])


def test_names_that_are_taken_get_a_number(tmp_path):
    for name in ("a.webm", "a-1.mkv", "ab.webm"):
        (tmp_path / name).touch()
    assert free_stem(tmp_path, "a") == "a-2"
    assert free_stem(tmp_path, "b") == "b"
