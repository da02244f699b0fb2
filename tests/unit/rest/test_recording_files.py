"""Files of recordings: whole, in parts, and to whom."""

import pytest

from tests.unit.rest.harness import Rest

CONTENT = bytes(range(256)) * 40
URL = "/openvidu/recordings/A~1/MyRecording.zip"


@pytest.fixture
def make_rest(tmp_path):
    folder = tmp_path / "A~1"
    folder.mkdir()
    for name in ("MyRecording.zip", "MyRecording.mp4", ".recording.A~1", "str_CAM.webm.part", "secret.txt"):
        (folder / name).write_bytes(CONTENT)
    (tmp_path / "outside.zip").write_bytes(CONTENT)

    def make(**settings):
        rest = Rest(openvidu_recording=True, **settings)
        rest.recordings.folder = tmp_path
        return rest

    return make


@pytest.fixture
def rest(make_rest):
    return make_rest()


@pytest.mark.parametrize(("name", "type_"), [("MyRecording.zip", "application/zip"), ("MyRecording.mp4", "video/mp4")])
async def test_a_file_is_served_whole(rest, name, type_):
    answer = await rest.ask("GET", f"/openvidu/recordings/A~1/{name}")
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["Content-Type"] == type_
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("range_", "part"),
    [("bytes=10-19", slice(10, 20)), ("bytes=10000-", slice(10000, None)), ("bytes=-5", slice(-5, None))],
)
async def test_a_part_of_a_file_is_served(rest, range_, part):
    answer = await rest.ask("GET", URL, Range=range_)
    assert (answer.status, answer.body) == (206, CONTENT[part])
    assert answer.headers["Content-Range"].endswith(f"/{len(CONTENT)}")


async def test_a_part_beyond_the_end_is_refused(rest):
    assert (await rest.ask("GET", URL, Range="bytes=20000-")).status == 416


@pytest.mark.parametrize(
    "path",
    [
        "A~1/.recording.A~1", "A~1/str_CAM.webm.part", "A~1/secret.txt", "A~1/other.zip", "B/MyRecording.zip",
        "../outside.zip", "%2e%2e/outside.zip", "A~1/../outside.zip", "A~1/%2e%2e%2foutside.zip",
    ],
)  # fmt: skip
async def test_nothing_else_is_served(rest, path):
    assert (await rest.ask("GET", f"/openvidu/recordings/{path}")).status == 404


async def test_the_secret_is_needed_unless_access_is_public(make_rest):
    assert (await make_rest().ask("GET", URL, authorization=None)).status == 401
    public = make_rest(openvidu_recording_public_access=True)
    assert (await public.ask("GET", URL, authorization=None)).status == 200
    assert (await public.ask("HEAD", URL, authorization=None)).status == 200
    assert (await public.ask("GET", "/openvidu/api/recordings", authorization=None)).status == 401


async def test_where_recording_is_off_no_file_is_served(rest):
    rest.recordings.is_enabled = False
    assert (await rest.ask("GET", URL)).status == 404
