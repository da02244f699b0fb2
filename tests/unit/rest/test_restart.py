"""POST /restart: what is asked for reaches the router, or the caller is told why not."""

import pytest

from ovrouter.restart import Restarts
from tests.unit.rest.harness import NOTHING, Rest


@pytest.mark.parametrize(
    ("body", "interval"), [(NOTHING, 900), ({}, 900), ({"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": 5}, 5)]
)
async def test_accepted(rest: Rest, body, interval):
    answer = await rest.post("/restart", body)
    assert (answer.status, answer.body) == (200, b"")
    await rest.restarts.wait_asked()
    assert rest.restarts.config.openvidu_sessions_garbage_interval == interval


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"HTTPS_PORT": 1}, "HTTPS_PORT: a restart cannot change it."),
        ({"OPENVIDU_CRD": True}, "OPENVIDU_CRD: unknown setting; did you mean OPENVIDU_CDR?"),
        ({"OPENVIDU_CDR": "yes"}, "OPENVIDU_CDR=yes: Is not a boolean (true or false)"),
        ({"OPENVIDU_WEBHOOK": True}, "OPENVIDU_WEBHOOK_ENDPOINT=: With OPENVIDU_WEBHOOK=true"),
        ([], "Type error in some parameter"),
        (b"{", "The body is not valid JSON"),
    ],
)
async def test_refused(rest: Rest, body, complaint):
    answer = await rest.post("/restart", body)
    assert answer.status == 400
    assert answer.json["message"].startswith(complaint)
    assert rest.restarts.config == rest.config


async def test_a_refused_secret_is_not_repeated(rest: Rest):
    answer = await rest.post("/restart", {"OPENVIDU_SECRET": "an0ther", "COTURN_SHARED_SECRET_KEY": ["an0ther"]})
    assert answer.status == 400
    assert b"an0ther" not in answer.body


async def test_settings_that_cannot_be_kept_are_an_error_of_the_server(rest: Rest, monkeypatch):
    def fail(self, texts):
        raise OSError("read-only file system")

    monkeypatch.setattr(Restarts, "_change_in_memory", fail)
    rest = Rest()
    answer = await rest.post("/restart", {})
    assert (answer.status, answer.json["message"]) == (500, "The settings cannot be kept: read-only file system")


async def test_needs_the_secret(rest: Rest):
    assert (await rest.post("/restart", {}, authorization=None)).status == 401
