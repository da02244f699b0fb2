import logging

import pytest

from ovrouter.errors import NoMediaNode, SessionClosing, TooManyPendingConnections
from ovrouter.rest.responses import empty
from tests.unit.rest.harness import API


async def test_error_object(rest):
    answer = await rest.post("/sessions?x=1", {"customSessionId": "a b"})
    error = answer.json
    assert list(error) == ["timestamp", "status", "error", "message", "path"]
    assert (error["status"], error["error"], error["path"]) == (400, "Bad Request", f"{API}/sessions")
    assert error["message"].endswith(
        "Parameter 'customSessionId' is wrong. Must be an alphanumeric string [a-zA-Z0-9_-]"
    )
    assert isinstance(error["timestamp"], int)


@pytest.mark.parametrize(
    ("error", "status"),
    [(SessionClosing("x"), 404), (NoMediaNode("x"), 503), (TooManyPendingConnections("x"), 429)],
)
async def test_causes_that_come_from_below(rest, monkeypatch, error, status):
    session = await rest.session("A")

    def refuse(properties):
        raise error

    monkeypatch.setattr(type(session), "create_connection", lambda self, properties: refuse(properties))
    assert (await rest.post("/sessions/A/connection", {})).status == status


async def test_unforeseen_error_is_500_and_tells_the_caller_nothing(rest, monkeypatch, caplog):
    def fail(self):
        raise RuntimeError("internal detail")

    monkeypatch.setattr(type(rest.registry), "sessions", fail)
    with caplog.at_level(logging.ERROR):
        answer = await rest.get("/sessions?token=tok_secret")
    assert answer.status == 500
    assert b"internal detail" not in answer.body
    assert "internal detail" in caplog.text
    assert "tok_secret" not in caplog.text
    monkeypatch.undo()
    assert (await rest.get("/sessions")).status == 200


async def test_wrong_method_names_the_right_ones(rest):
    answer = await rest.ask("PUT", f"{API}/sessions")
    assert (answer.status, answer.body) == (405, b"")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}


def test_no_content_has_no_length():
    assert not {"Content-Length", "Content-Type"} & set(empty(204).headers.keys())
    assert empty(404).headers["Content-Length"] == "0"
