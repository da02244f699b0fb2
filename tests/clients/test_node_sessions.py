"""Sessions with openvidu-node-client."""

from __future__ import annotations

import ipaddress

import pytest

from tests.browser.router_process import RouterProcess
from tests.clients.node_application import NodeApplication, NodeError
from tests.clients.participants import Participants

DEFAULT_RECORDING = {
    "name": "",
    "hasAudio": True,
    "hasVideo": True,
    "outputMode": "COMPOSED",
    "recordingLayout": "BEST_FIT",
    "resolution": "1280x720",
    "frameRate": 25,
    "shmSize": 536870912,
}
CHOSEN = {
    "customSessionId": "chosen_by-me",
    "mediaMode": "RELAYED",
    "recordingMode": "ALWAYS",
    "forcedVideoCodec": "VP9",
    "allowTranscoding": True,
    "defaultRecordingProperties": {
        "name": "tape",
        "hasAudio": True,
        "hasVideo": False,
        "outputMode": "INDIVIDUAL",
        "ignoreFailedStreams": True,
    },
}


@pytest.fixture(autouse=True)
def no_sessions_of_other_tests(router: RouterProcess, node: NodeApplication) -> None:
    for session in router.rest.get("/openvidu/api/sessions").json()["content"]:
        router.delete(f"sessions/{session['id']}")
    node.run("await openvidu.fetch();")


def test_a_session_has_the_documented_defaults(node: NodeApplication) -> None:
    session = node.run("return await openvidu.createSession();")
    assert session["sessionId"].startswith("ses_")
    assert (session["recording"], session["broadcasting"], session["connections"]) == (False, False, [])
    assert session["properties"] == {
        "mediaMode": "ROUTED",
        "recordingMode": "MANUAL",
        "customSessionId": "",
        "forcedVideoCodec": "MEDIA_SERVER_PREFERRED",
        "allowTranscoding": False,
        "defaultRecordingProperties": DEFAULT_RECORDING,
    }


def test_every_property_comes_back(node: NodeApplication) -> None:
    created = node.run("return await openvidu.createSession(chosen);", chosen=CHOSEN)
    assert created["sessionId"] == CHOSEN["customSessionId"]
    assert created["properties"] == CHOSEN
    fetched = node.run("const [session] = openvidu.activeSessions; await session.fetch(); return session.properties;")
    assert fetched == CHOSEN


def test_an_existing_session_is_given_to_who_asks_for_it_again(node: NodeApplication) -> None:
    ids = node.run("""
        const first = await openvidu.createSession({ customSessionId: "twice" });
        const connection = await first.createConnection();
        const second = await openvidu.createSession({ customSessionId: "twice" });
        return [connection.connectionId, second.sessionId, second.connections.map((each) => each.connectionId)];
    """)
    assert ids == [ids[0], "twice", [ids[0]]]


@pytest.mark.parametrize(
    "properties",
    [
        {"customSessionId": "no spaces"},
        {"mediaMode": "SIDEWAYS"},
        {"recordingMode": "NEVER"},
        {"forcedVideoCodec": "VP7"},
        {"allowTranscoding": "yes"},
        {"defaultRecordingProperties": {"outputMode": "COMPOSED", "resolution": "1x1"}},
    ],
)
def test_a_wrong_property_is_a_bad_request(node: NodeApplication, properties: dict[str, object]) -> None:
    with pytest.raises(NodeError, match=r"^400$"):
        node.run("return await openvidu.createSession(properties);", properties=properties)
    assert node.run("await openvidu.fetch(); return openvidu.activeSessions;") == []


def test_a_wrong_secret_opens_nothing(node: NodeApplication, router: RouterProcess) -> None:
    with pytest.raises(NodeError, match=r"^401$"):
        node.run("return await new library.OpenVidu(url, 'not-the-secret').createSession();", url=router.url)


def test_a_closed_session_is_gone(node: NodeApplication, participants: Participants) -> None:
    token = node.run(
        "app.session = await openvidu.createSession(); return (await app.session.createConnection()).token;"
    )
    participant = participants.join(token)

    assert node.run("await app.session.close(); return openvidu.activeSessions;") == []
    reason = participant.told("participantEvicted")["reason"]
    assert reason == "sessionClosedByServer"
    for call in ("fetch()", "close()", "createConnection()", "generateToken()"):
        with pytest.raises(NodeError, match=r"^404$"):
            node.run(f"await app.session.{call};")


def test_fetch_finds_and_forgets_sessions(node: NodeApplication, router: RouterProcess) -> None:
    assert node.run("return await openvidu.fetch();") is False
    by_somebody_else = router.create_session()

    fetch = "return [await openvidu.fetch(), openvidu.activeSessions.map((session) => session.sessionId)];"
    assert node.run(fetch) == [True, [by_somebody_else]]
    assert node.run(fetch) == [False, [by_somebody_else]]
    router.delete(f"sessions/{by_somebody_else}")
    assert node.run(fetch) == [True, []]


def test_fetch_tells_each_change_once(node: NodeApplication, participants: Participants) -> None:
    node.run("app.session = await openvidu.createSession(); await app.session.fetch();")

    def changed() -> list[bool]:
        # The second answer is about the list that the client keeps, which the first call has brought up to date.
        once = node.run("return [await openvidu.fetch(), await app.session.fetch()];")
        again = node.run("return [await openvidu.fetch(), await app.session.fetch()];")
        assert again == [False, False]
        return once

    assert changed() == [False, False]
    create = "return (await app.session.createConnection()).token;"
    alice = participants.join(node.run(create))
    assert changed()[0]
    bob = participants.join(node.run(create))
    assert changed()[0]
    stream = alice.publish()
    assert changed()[0]
    bob.subscribe(stream)
    assert changed()[0]
    bob.leave()
    assert changed()[0]


def test_fetch_web_rtc_describes_every_link(node: NodeApplication, participants: Participants) -> None:
    create = "return (await app.session.createConnection()).token;"
    alice = participants.join(node.run("app.session = await openvidu.createSession();" + create))
    bob = participants.join(node.run(create))
    bob.subscribe(alice.publish())

    assert node.run("return await openvidu.fetchWebRtc();")["changes"]
    publisher, subscriber = node.run("""
        const [alice, bob] = openvidu.activeSessions[0].activeConnections;
        return [alice.publishers[0], bob.subscribers[0]];
    """)
    for link in (publisher, subscriber):
        kms = link["webRtc"]["kms"]
        assert kms["localSdp"].startswith("v=0")
        assert kms["remoteSdp"].startswith("v=0")
        assert kms["serverIceCandidates"][0]["candidate"].startswith("candidate:")
        assert kms["events"] == []
        assert kms["localCandidate"] in [each["candidate"] for each in kms["serverIceCandidates"]]
        pair = link["localCandidatePair"]
        assert ipaddress.ip_address(pair["ipAddress"])
        assert (pair["transport"], pair["candidateType"]) == ("udp", "host")
    assert subscriber["streamId"] == publisher["streamId"]
