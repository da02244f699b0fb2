import pytest

from tests.unit.rest.harness import Rest

FIRST, SECOND = "CDR.2024-02-29_09-08-07.log", "CDR.2024-03-01_09-08-07.log"
LINE = b'{"sessionCreated":{"sessionId":"ses_A"}}\n'


@pytest.fixture
def rest(tmp_path):
    folder = tmp_path / "cdr"
    folder.mkdir()
    (folder / SECOND).write_bytes(LINE * 2)
    (folder / FIRST).write_bytes(LINE)
    (folder / "notes").write_bytes(b"private")
    (tmp_path / FIRST).write_bytes(b"outside")
    return Rest(openvidu_cdr_path=f"{folder}/")


@pytest.mark.parametrize("path", ["/openvidu/cdr", "/openvidu/cdr/", "/cdr"])
async def test_lists_the_files(rest, path):
    assert (await rest.ask("GET", path)).json == [FIRST, SECOND]


@pytest.mark.parametrize("path", [f"/openvidu/cdr/{SECOND}", f"/cdr/{SECOND}"])
async def test_serves_a_file(rest, path):
    answer = await rest.ask("GET", path)
    assert (answer.status, answer.body) == (200, LINE * 2)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "name", ["notes", "CDR.2024-03-02_09-08-07.log", "..", f"..%2f{FIRST}", f"../{FIRST}", f"%2e%2e/{FIRST}"]
)
async def test_serves_nothing_else(rest, name):
    assert (await rest.ask("GET", f"/openvidu/cdr/{name}")).status == 404


@pytest.mark.parametrize("path", ["/openvidu/cdr", f"/openvidu/cdr/{FIRST}"])
async def test_needs_the_secret(rest, path):
    assert (await rest.ask("GET", path, authorization=None)).status == 401


async def test_without_a_log_there_are_no_files():
    assert (await Rest(openvidu_cdr_path="/nowhere/at/all/").ask("GET", "/openvidu/cdr")).json == []
