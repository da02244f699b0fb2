"""Connections with openvidu-node-client, and what happens to those who use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.node_application import NodeApplication, NodeError
from tests.clients.participants import Participants

CHOSEN = {
    "type": "WEBRTC",
    "role": "SUBSCRIBER",
    "data": "from the application",
    "record": False,
    "kurentoOptions": {
        "videoMaxRecvBandwidth": 600,
        "videoMinRecvBandwidth": 100,
        "videoMaxSendBandwidth": 700,
        "videoMinSendBandwidth": 200,
        "allowedFilters": ["GStreamerFilter", "ZBarFilter"],
    },
    "customIceServers": [
        {"url": "stun:stun.example.com:3478"},
        {"url": "turn:turn.example.com:3478?transport=tcp", "username": "user", "credential": "pass"},
    ],
}
UNUSED = {"rtspUri": None, "adaptativeBitrate": None, "onlyPlayWithSubscribers": None, "networkCache": None}


@pytest.fixture(autouse=True)
def session_id(node: NodeApplication) -> str:
    return str(node.run("app.session = await openvidu.createSession(); return app.session.sessionId;"))


@pytest.fixture
def create(node: NodeApplication) -> Callable[..., dict[str, Any]]:
    return lambda **properties: node.run("return await app.session.createConnection(chosen);", chosen=properties)


def connections(node: NodeApplication) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = node.run("await app.session.fetch(); return app.session.connections;")
    return found


def test_a_connection_has_the_documented_defaults(node: NodeApplication, create: Callable[..., dict[str, Any]]) -> None:
    connection = create()
    assert connection["connectionId"].startswith("con_")
    assert connection["token"].startswith("wss://localhost:")
    assert (connection["status"], connection["activeAt"], connection["platform"]) == ("pending", None, None)
    defaults = {"type": "WEBRTC", "data": "", "record": True, "role": "PUBLISHER", "kurentoOptions": None}
    assert connection["connectionProperties"] == {**defaults, **UNUSED, "customIceServers": []}
    assert connections(node) == [connection]


def test_every_property_comes_back(node: NodeApplication, create: Callable[..., dict[str, Any]]) -> None:
    assert create(**CHOSEN)["connectionProperties"] == {**CHOSEN, **UNUSED}
    assert connections(node)[0]["connectionProperties"] == {**CHOSEN, **UNUSED}


@pytest.mark.parametrize(
    "properties",
    [
        {"type": "FAX"},
        {"role": "KING"},
        {"data": 1},
        {"record": "yes"},
        {"kurentoOptions": {"videoMaxRecvBandwidth": "fast"}},
        {"customIceServers": [{"url": "http://no.example.com"}]},
    ],
)
def test_a_wrong_property_is_a_bad_request(create: Callable[..., dict[str, Any]], properties: dict[str, Any]) -> None:
    with pytest.raises(NodeError, match=r"^400$"):
        create(**properties)


def test_a_client_that_joined_is_described(
    node: NodeApplication, create: Callable[..., dict[str, Any]], participants: Participants
) -> None:
    alice, bob = (participants.join(create(data=name)["token"]) for name in ("Alice", "Bob"))
    stream = alice.publish()
    bob.subscribe(stream)

    of_alice, of_bob = connections(node)
    assert (of_alice["connectionId"], of_bob["connectionId"]) == (alice.connection_id, bob.connection_id)
    assert (of_alice["status"], of_alice["platform"], of_alice["ip"]) == ("active", "aiortc", "127.0.0.1")
    assert (of_alice["serverData"], of_alice["clientData"], of_alice["location"]) == ("Alice", "", "unknown")
    assert of_alice["createdAt"] <= of_alice["activeAt"] <= of_alice["publishers"][0]["createdAt"]
    published = dict(of_alice["publishers"][0])
    del published["createdAt"]
    assert published == {
        "streamId": stream,
        "hasAudio": True,
        "hasVideo": True,
        "audioActive": True,
        "videoActive": True,
        "frameRate": 30,
        "typeOfVideo": "CAMERA",
        "videoDimensions": '{"width":640,"height":480}',
    }
    assert (of_alice["subscribers"], of_bob["subscribers"], of_bob["publishers"]) == ([], [stream], [])
    assert node.run("return app.session.activeConnections.length;") == len(connections(node))


def test_a_token_of_the_old_kind_lets_a_client_in(node: NodeApplication, participants: Participants) -> None:
    options = {"role": "MODERATOR", "data": "old", "kurentoOptions": {"videoMaxSendBandwidth": 500}}
    participants.join(node.run("return await app.session.generateToken(options);", options=options))
    (connection,) = connections(node)
    properties = connection["connectionProperties"]
    assert {name: properties[name] for name in options} == options
    assert node.run("return await app.session.generateToken();").startswith("wss://")


def test_a_waiting_connection_is_changed(node: NodeApplication, create: Callable[..., dict[str, Any]]) -> None:
    connection_id = create()["connectionId"]
    update = "return await app.session.updateConnection(id, { role: 'SUBSCRIBER', record: false });"
    updated = node.run(update, id=connection_id)
    assert updated["connectionProperties"]["role"] == "SUBSCRIBER"
    (fetched,) = connections(node)
    assert (fetched["role"], fetched["connectionProperties"]["record"]) == ("SUBSCRIBER", False)


def test_a_client_is_told_of_its_new_role(
    node: NodeApplication, create: Callable[..., dict[str, Any]], participants: Participants
) -> None:
    alice = participants.join(create()["token"])
    node.run("await app.session.updateConnection(id, { role: 'MODERATOR', record: false });", id=alice.connection_id)
    assert alice.told("connectionPropertyChanged") == {"property": "role", "newValue": "MODERATOR"}
    assert alice.told("connectionPropertyChanged") == {"property": "record", "newValue": "false"}
    assert connections(node)[0]["role"] == "MODERATOR"


def test_a_client_is_thrown_out(
    node: NodeApplication, create: Callable[..., dict[str, Any]], participants: Participants
) -> None:
    alice, bob = participants.join(create()["token"]), participants.join(create()["token"])
    node.run("await app.session.forceDisconnect(id);", id=alice.connection_id)
    ended = {"connectionId": alice.connection_id, "name": alice.connection_id, "reason": "forceDisconnectByServer"}
    assert alice.told("participantEvicted") == ended
    assert bob.told("participantLeft") == ended
    assert [connection["connectionId"] for connection in connections(node)] == [bob.connection_id]


def test_a_waiting_connection_is_revoked(node: NodeApplication, create: Callable[..., dict[str, Any]]) -> None:
    create()
    node.run("await app.session.forceDisconnect(app.session.connections[0]);")
    assert connections(node) == []


def test_a_stream_is_ended(
    node: NodeApplication, create: Callable[..., dict[str, Any]], participants: Participants
) -> None:
    alice = participants.join(create()["token"])
    for by in ("stream id", "publisher"):
        stream = alice.publish()
        node.run(
            "await app.session.fetch(); const [publisher] = app.session.activeConnections[0].publishers;"
            "await app.session.forceUnpublish(by === 'publisher' ? publisher : publisher.streamId);",
            by=by,
        )
        assert alice.told("participantUnpublished")["reason"] == "forceUnpublishByServer", stream
        assert connections(node)[0]["publishers"] == []


@pytest.mark.parametrize(
    "call", ["forceDisconnect('con_X')", "forceUnpublish('str_X')", "updateConnection('con_X', {})"]
)
def test_what_does_not_exist_is_not_found(node: NodeApplication, call: str) -> None:
    with pytest.raises(NodeError, match=r"^404$"):
        node.run(f"await app.session.{call};")
