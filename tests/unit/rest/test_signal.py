import pytest

from ovrouter.events import SignalSent


@pytest.mark.parametrize("to", [{}, {"to": []}, {"to": None}])
async def test_everybody_gets_it(rest, to):
    session = await rest.session("A")
    first, second = rest.join(session), rest.join(session)
    answer = await rest.post("/signal", {"session": "A", "type": "MY_TYPE", "data": "hello"} | to)
    assert (answer.status, answer.body) == (200, b"")
    event = rest.events[-1]
    assert isinstance(event, SignalSent)
    assert (event.from_connection, event.type, event.data) == (None, "MY_TYPE", "hello")
    assert event.audience == (first.id, second.id)


async def test_those_named_get_it(rest):
    session = await rest.session("A")
    rest.join(session)
    second = rest.join(session)
    assert (await rest.post("/signal", {"session": "A", "to": [second.id]})).status == 200
    event = rest.events[-1]
    assert (event.audience, event.type, event.data) == ((second.id,), None, None)


async def test_one_unknown_target_spoils_all(rest):
    joined = rest.join(await rest.session("A"))
    rest.events.clear()
    answer = await rest.post("/signal", {"session": "A", "to": [joined.id, "con_unknown"]})
    assert answer.status == 406
    assert answer.json["error"] == "Not Acceptable"
    assert rest.events == []
