import pytest


@pytest.mark.parametrize("path", ["/openvidu/api/sessions", "/openvidu/api/config", "/", "/nothing/here"])
async def test_preflight_is_answered_before_authentication(rest, path):
    answer = await rest.ask(
        "OPTIONS",
        path,
        authorization=None,
        Origin="https://app.example.com",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,content-type",
    )
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/openvidu/api/sessions", "/openvidu/api/sessions/unknown", "/nothing"])
async def test_every_answer_may_be_read(rest, path):
    assert (await rest.ask("GET", path)).headers["Access-Control-Allow-Origin"] == "*"
    assert (await rest.ask("GET", path, authorization=None)).headers["Access-Control-Allow-Origin"] == "*"
