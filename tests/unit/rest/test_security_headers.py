import pytest

from tests.unit.rest.harness import Rest

ANSWERS = [
    ("GET", "/openvidu/api/sessions", 200),
    ("POST", "/openvidu/api/sessions", 200),
    ("DELETE", "/openvidu/api/sessions/A", 404),
    ("PUT", "/openvidu/api/sessions", 405),
    ("GET", "/openvidu/api/sessions?webRtcStats=perhaps", 400),
    ("OPTIONS", "/openvidu/api/sessions", 200),
    ("GET", "/openvidu/api/config/openvidu-publicurl", 200),
    ("GET", "/openvidu/accept-certificate", 200),
    ("GET", "/", 200),
    ("GET", "/dashboard", 302),
    ("GET", "/nothing/here", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_has_them(rest, method, path, status):
    answer = await rest.ask(method, path)
    headers = answer.headers
    assert answer.status == status
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in {"no-store", "no-cache"}
    assert "Server" not in headers


async def test_strangers_are_answered_with_them_too(rest):
    headers = (await rest.get("/sessions", authorization=None)).headers
    assert (headers["X-Frame-Options"], headers["Cache-Control"]) == ("DENY", "no-store")


async def test_what_is_no_page_may_load_nothing(rest):
    policy = (await rest.get("/sessions")).headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"
    assert "default-src 'self'" in (await rest.ask("GET", "/")).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("settings", "is_demanded"),
    [
        ({"https_port": 443}, True),
        ({"https_port": 4443}, False),
        ({"https_port": 443, "force_plain_http": True}, False),
    ],
)
async def test_https_is_demanded_where_the_host_is_ours(settings, is_demanded):
    headers = (await Rest(**settings).get("/sessions")).headers
    assert ("Strict-Transport-Security" in headers) == is_demanded
