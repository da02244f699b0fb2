import pytest
import trio

from ovrouter.rest import app
from tests.unit.rest.harness import AUTHORIZATION

DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b"7",
        b"true",
        b"{} {}",
        b"{'customSessionId': 'A'}",
        b'{"customSessionId": NaN}',
        b'{"a": Infinity}',
        b'{"customSessionId": "\\ud800"}',
        b'{"customSessionId": "\xff"}',
        b"\xff\xfe{}",
        DEEP,
        b'{"defaultRecordingProperties":' + DEEP + b"}",
        b'{"defaultRecordingProperties": {"frameRate": 1e400}}',
        b"\0",
    ],
)
async def test_bodies_that_are_no_json_object(rest, body):
    answer = await rest.post("/sessions", body)
    assert answer.status == 400
    assert answer.json["message"]
    assert rest.registry.sessions() == ()


async def test_body_must_be_called_json(rest):
    assert (await rest.post("/sessions", b"{}", Content_Type="text/plain")).status == 415
    assert (await rest.post("/sessions", b"a=b", Content_Type="application/x-www-form-urlencoded")).status == 415
    assert (await rest.post("/sessions", b"{}", Content_Type="application/json; charset=utf-8")).status == 200
    assert (await rest.post("/sessions", b"", Content_Type="application/x-www-form-urlencoded")).status == 200


async def test_large_body_is_refused(rest):
    answer = await rest.post("/sessions", b'{"a":"' + b"x" * app.MAX_BODY_BYTES + b'"}')
    assert (answer.status, rest.registry.sessions()) == (413, ())


async def test_body_that_never_ends_is_given_up(rest, autojump_clock):
    sent = []

    async def receive():
        await trio.sleep(1)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(event):
        sent.append(event)

    headers = [(b"authorization", AUTHORIZATION.encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/openvidu/api/sessions", "raw_path": b"", "query_string": b"",
        "headers": headers, "scheme": "https", "http_version": "1.1", "root_path": "", "client": None, "server": None,
    }  # fmt: skip
    await rest.app(scope, receive, send)
    assert sent[0]["status"] == 408


@pytest.mark.parametrize("value", ["1", "yes", "truee", "null"])
async def test_query_flag_is_true_or_false(rest, value):
    answer = await rest.get(f"/sessions?pendingConnections={value}")
    assert answer.status == 400
    assert "pendingConnections" in answer.json["message"]


@pytest.mark.parametrize("value", ["true", "TRUE", "false", ""])
async def test_query_flag_in_any_letter_case(rest, value):
    assert (await rest.get(f"/sessions?webRtcStats={value}")).status == 200
