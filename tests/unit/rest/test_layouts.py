"""The pages of layouts, and to whom they are served."""

import pytest

from tests.unit.rest.harness import Rest

PAGE = b"<!doctype html><title>mine</title>"
URL = "/openvidu/layouts/mine/index.html"


@pytest.fixture
def rest(tmp_path):
    folder = tmp_path / "layouts" / "mine"
    folder.mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (tmp_path / "outside.html").write_bytes(PAGE)
    return Rest(openvidu_recording_custom_layout=str(folder.parent))


@pytest.mark.parametrize("path", [URL, f"{URL}?sessionId=A&secret=x", "/layouts/custom/mine/index.html"])
async def test_a_page_is_served_as_one(rest, path):
    answer = await rest.ask("GET", path)
    assert (answer.status, answer.body) == (200, PAGE)
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("name", ["mine", "mine/", "none/index.html", "../outside.html", "mine/../../outside.html"])
async def test_what_is_no_file_of_a_layout_is_not_found(rest, name):
    assert (await rest.ask("GET", f"/openvidu/layouts/{name}")).status == 404


async def test_strangers_do_not_see_layouts(rest):
    assert (await rest.ask("GET", URL, authorization=None)).status == 401
