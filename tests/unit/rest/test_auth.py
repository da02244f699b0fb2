import pytest
import trio

from ovrouter.secret_guesses import MAX_WRONG, WINDOW_S
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


async def guess_wrong(rest, **options):
    for number in range(MAX_WRONG):
        wrong = basic("OPENVIDUAPP", f"wrong{number}")
        assert (await rest.get("/sessions", authorization=wrong, **options)).status == 401


async def test_an_address_that_guesses_is_not_listened_to_for_a_while(rest, autojump_clock):
    await guess_wrong(rest)
    answer = await rest.get("/sessions")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "60"
    assert "wait 60 s" in answer.json["message"]
    assert (await rest.get("/sessions", authorization=None)).status == 401
    assert (await rest.get("/sessions", peer="192.0.2.8")).status == 200
    await trio.sleep(WINDOW_S)
    assert (await rest.get("/sessions")).status == 200


async def test_behind_a_proxy_on_this_machine_the_clients_are_told_apart(rest):
    await guess_wrong(rest, peer="127.0.0.1", X_Real_IP="203.0.113.9")
    assert (await rest.get("/sessions", peer="127.0.0.1", X_Real_IP="203.0.113.9")).status == 429
    assert (await rest.get("/sessions", peer="127.0.0.1", X_Real_IP="203.0.113.8")).status == 200
    assert (await rest.get("/sessions", peer="127.0.0.1")).status == 200


async def test_nobody_speaks_for_another_address(rest):
    await guess_wrong(rest, X_Real_IP="203.0.113.9")
    assert (await rest.get("/sessions", peer="203.0.113.9")).status == 200


async def test_a_proxy_that_names_no_clients_locks_out_nobody(rest):
    await guess_wrong(rest, peer="127.0.0.1")
    assert (await rest.get("/sessions", peer="127.0.0.1")).status == 200


async def test_rest_and_websockets_share_one_count(rest):
    for _ in range(MAX_WRONG):
        rest.app.extensions["ovrouter"].guesses.admit("wrong", "192.0.2.7", trio.current_time())
    assert (await rest.get("/sessions")).status == 429


async def test_open_paths_stay_open_to_who_guesses(rest):
    await guess_wrong(rest)
    for path in OPEN:
        assert (await rest.ask("GET", path)).status == 200
