import pytest

from tests.unit.rest.harness import SECRET, Rest, basic

EVERYTHING = [
    ("GET", "/openvidu/api/sessions"),
    ("POST", "/openvidu/api/sessions"),
    ("DELETE", "/openvidu/api/sessions/A"),
    ("POST", "/openvidu/api/sessions/A/connection"),
    ("PATCH", "/openvidu/api/sessions/A/connection/B"),
    ("POST", "/openvidu/api/tokens"),
    ("POST", "/openvidu/api/signal"),
    ("GET", "/openvidu/api/config"),
    ("GET", "/openvidu/api/health"),
    ("GET", "/dashboard/"),
    ("GET", "/dashboard/main.js"),
    ("POST", "/ovrouter/api/call"),
    ("GET", "/nothing/here"),
    ("POST", "/openvidu/api/config/openvidu-publicurl"),
]

OPEN = ["/openvidu/api/config/openvidu-publicurl", "/openvidu/accept-certificate", "/ovrouter/api/call", "/"]


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
async def test_needs_the_secret(rest, method, path):
    answer = await rest.ask(method, path, authorization=None)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", OPEN)
async def test_open_to_anybody(rest, method, path):
    assert (await rest.ask(method, path, authorization=None)).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        basic("OPENVIDUAPP", "wrong"),
        basic("OPENVIDUAPP", ""),
        basic("openviduapp", SECRET),
        basic("OPENVIDUAPP:s3", "cret"),
        f"Bearer {SECRET}",
        "Basic",
        "Basic ???",
        "Basic /w==",
        "",
    ],
)
async def test_wrong_credentials(rest, authorization):
    assert (await rest.get("/sessions", authorization=authorization)).status == 401


async def test_no_secret_configured_lets_nobody_in():
    rest = Rest(openvidu_secret="")
    assert (await rest.get("/sessions", authorization=basic("OPENVIDUAPP", ""))).status == 401


async def test_strangers_change_nothing(rest):
    await rest.post("/sessions", {"customSessionId": "A"}, authorization=None)
    assert rest.registry.sessions() == ()
