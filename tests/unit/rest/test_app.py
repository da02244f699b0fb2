import pytest
import trio

CASES = [
    ("GET", "/sessions", 200),
    ("GET", "/sessions/unknown", 404),
    ("GET", "/sessions?pendingConnections=maybe", 400),
    ("POST", "/sessions/unknown", 405),
    ("GET", "/nothing/here", 404),
    ("OPTIONS", "/sessions", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), CASES)
async def test_no_request_takes_a_thread(rest, monkeypatch, method, path, status):
    async def refuse(*_, **__):
        pytest.fail("a plain function is run in a thread")

    monkeypatch.setattr(trio.to_thread, "run_sync", refuse)
    assert (await rest.ask(method, "/openvidu/api" + path)).status == status
