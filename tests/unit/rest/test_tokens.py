async def test_create(rest):
    session = await rest.session("A")
    body = {"session": "A", "role": "SUBSCRIBER", "data": "d", "kurentoOptions": {"videoMaxRecvBandwidth": 100}}
    made = (await rest.post("/tokens", body)).json
    assert list(made) == [
        "id", "token", "connectionId", "createdAt", "session", "role", "data", "record", "kurentoOptions",
    ]  # fmt: skip
    assert made["id"] == made["token"] == session.pending[made["connectionId"]].token
    assert (made["role"], made["data"], made["record"]) == ("SUBSCRIBER", "d", True)
    assert made["kurentoOptions"] == {"videoMaxRecvBandwidth": 100}


async def test_options_that_were_not_given_are_left_out(rest):
    await rest.session("A")
    assert "kurentoOptions" not in (await rest.post("/tokens", {"session": "A"})).json


async def test_unknown_session_is_said(rest):
    answer = await rest.post("/tokens", {"session": "nowhere"})
    assert answer.status == 404
    assert answer.json["message"] == "Session nowhere not found"
