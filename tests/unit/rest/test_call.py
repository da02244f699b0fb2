import pytest

from ovrouter.rest import call
from tests.unit.rest.harness import Rest

CALL = "/ovrouter/api/call"


async def test_page_learns_whether_it_is_a_demo(rest):
    assert (await rest.ask("GET", CALL, authorization=None)).json == {"demo": False}
    assert (await Rest(ovrouter_demo=True).ask("GET", CALL, authorization=None)).json == {"demo": True}


async def test_first_opens_the_room_and_others_share_it(rest):
    for name in ("Ann", "Bob"):
        answer = await rest.ask("POST", CALL, {"session": "room-1", "name": name})
        assert answer.status == 200
    (session,) = rest.registry.sessions()
    assert session.id == "room-1"
    assert answer.json["token"] in {connection.token for connection in session.pending.values()}
    assert {connection.server_data for connection in session.pending.values()} == {'{"name": "Ann"}', '{"name": "Bob"}'}


async def test_demo_needs_no_secret():
    rest = Rest(ovrouter_demo=True)
    assert (await rest.ask("POST", CALL, {"session": "a", "name": "b"}, authorization=None)).status == 200
    assert (await rest.get("/sessions", authorization=None)).status == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"session": ""},
        {"session": "a b"},
        {"session": "a" * 201},
        {"session": 1},
        {"session": "a", "name": "b" * 201},
    ],
)
async def test_bad_rooms_and_names(rest, body):
    answer = await rest.ask("POST", CALL, body)
    assert answer.status == 400
    assert "session" in answer.json["message"] or "name" in answer.json["message"]
    assert rest.registry.sessions() == ()


async def test_rooms_are_capped(rest, monkeypatch):
    monkeypatch.setattr(call, "MAX_ROOMS", 1)
    asked = [await rest.ask("POST", CALL, {"session": room, "name": "x"}) for room in ("a", "b", "a")]
    assert [answer.status for answer in asked] == [200, 429, 200]


async def test_waiting_tokens_are_capped(rest, monkeypatch):
    monkeypatch.setattr(call, "MAX_WAITING", 1)
    asked = [await rest.ask("POST", CALL, {"session": "a", "name": "x"}) for _ in range(2)]
    assert [answer.status for answer in asked] == [200, 429]
