"""Files that were cut off become whole, with what can be read of them."""

import json

import av
import pytest

from ovrouter.recorder.repair import repair
from tests.unit.recorder.media import decoded, pictures, sound
from tests.unit.recorder.test_mux import write


@pytest.fixture
def cut(tmp_path):
    """A file as it is when its writer is killed."""
    folder = tmp_path / "recording"
    folder.mkdir()
    write(tmp_path / "whole.webm", pictures(count=250) + sound(500), until=folder / "cut.webm")
    return folder / "cut.webm"


def reported(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_cut_file_gets_a_duration(cut, capsys):
    before = decoded(cut)
    repair([cut])
    (report,) = reported(capsys)
    assert decoded(cut) == before
    with av.open(str(cut)) as container:
        assert container.duration // 1000 == pytest.approx(report["duration_ms"], abs=45)
    assert report["name"] == "cut.webm"
    assert (report["has_audio"], report["has_video"]) == (True, True)
    assert report["size_bytes"] == cut.stat().st_size
    assert [path.name for path in cut.parent.iterdir()] == ["cut.webm"]


def test_a_torn_end_is_left_out(cut, capsys):
    data = cut.read_bytes()
    cut.write_bytes(data[: len(data) - len(data) // 20])
    repair([cut])
    assert 8 < decoded(cut)["video"][-1] < 9.5
    assert reported(capsys)[0]["frames"] > 300


@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf\xa3", b"no media at all" * 100])
def test_a_file_without_media_is_deleted(tmp_path, capsys, data):
    (tmp_path / "nothing.webm").write_bytes(data)
    repair([tmp_path / "nothing.webm"])
    assert reported(capsys)[0]["frames"] == 0
    assert list(tmp_path.iterdir()) == []
