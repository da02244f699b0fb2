import pytest

from tests.unit.rest.harness import Rest


@pytest.fixture
def page(tmp_path) -> Rest:
    folder = tmp_path / "dashboard"
    folder.mkdir()
    (folder / "index.html").write_text("<p>index</p>")
    (folder / "call.js").write_text("let call;")
    (tmp_path / "secret").write_text("outside")
    return Rest(page_folder=folder)


async def test_files_and_their_types(page):
    for path, content, kind in (
        ("/", b"<p>index</p>", "text/html"),
        ("/index.html", b"<p>index</p>", "text/html"),
        ("/call.js", b"let call;", "text/javascript"),
    ):
        answer = await page.ask("GET", path, authorization=None)
        assert (answer.status, answer.body) == (200, content)
        assert answer.headers["Content-Type"].startswith(kind)


async def test_security_headers(page):
    headers = (await page.ask("GET", "/", authorization=None)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self' wss://localhost:4443" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


async def test_unchanged_file_is_not_sent_again(page):
    first = await page.ask("GET", "/call.js", authorization=None)
    assert first.headers["Cache-Control"] == "no-cache"
    second = await page.ask("GET", "/call.js", authorization=None, If_None_Match=first.headers["ETag"])
    assert (second.status, second.body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/secret",
        "/../secret",
        "/%2e%2e/secret",
        "/dashboard/../secret",
        "/dashboard/..%2fsecret",
        "/dashboard//call.js",
    ],
)
async def test_nothing_else_is_served(page, path):
    assert (await page.ask("GET", path)).status == 404


async def test_dashboard_is_the_page_behind_the_secret(page):
    assert (await page.ask("GET", "/dashboard/")).body == b"<p>index</p>"
    assert (await page.ask("GET", "/dashboard/call.js")).body == b"let call;"
    redirect = await page.ask("GET", "/dashboard")
    assert (redirect.status, redirect.headers["Location"]) == (302, "/dashboard/")
    assert (await page.ask("GET", "/dashboard/call.js", authorization=None)).status == 401


async def test_shipped_page_is_complete(rest):
    answer = await rest.ask("GET", "/", authorization=None)
    assert answer.body.startswith(b"<!doctype html>")
