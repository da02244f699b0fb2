"""Recordings and broadcasts with openvidu-node-client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.router_process import RouterProcess
from tests.browser.rtmp import running_rtmp_server
from tests.clients.node_application import NodeApplication, NodeError
from tests.clients.participants import Participant, Participants
from tests.clients.received import codecs_in, receive


@pytest.fixture(scope="module")
def router_settings(router_folder: Path) -> dict[str, str]:
    return {
        "OPENVIDU_RECORDING": "true",
        "OPENVIDU_RECORDING_PATH": str(router_folder / "recordings"),
        "OPENVIDU_RECORDING_CUSTOM_LAYOUT": str(router_folder / "layouts"),
    }


@pytest.fixture(autouse=True)
def session_id(node: NodeApplication) -> str:
    return str(node.run("app.session = await openvidu.createSession(); return app.session.sessionId;"))


@pytest.fixture
def join(node: NodeApplication, participants: Participants) -> Callable[[], Participant]:
    return lambda: participants.join(node.run("return (await app.session.createConnection()).token;"))


@pytest.mark.parametrize(("mode", "extension"), [("INDIVIDUAL", "zip"), ("COMPOSED", "mp4")])
def test_a_recording_from_its_start_to_its_deletion(
    node: NodeApplication,
    router: RouterProcess,
    session_id: str,
    join: Callable[[], Participant],
    mode: str,
    extension: str,
) -> None:
    alice = join()
    alice.publish()
    properties = "{ name: 'tape', outputMode: mode }"
    start = f"return app.recording = await openvidu.startRecording(app.session.sessionId, {properties});"
    started = node.run(start, mode=mode)
    assert (started["id"], started["sessionId"], started["status"]) == (session_id, session_id, "started")
    assert (started["size"], started["duration"], started["url"]) == (0, 0, None)
    assert alice.told("recordingStarted") == {"id": session_id, "name": "tape"}
    with pytest.raises(NodeError, match=r"^409$"):
        node.run(start, mode=mode)
    with pytest.raises(NodeError, match=r"^409$"):
        node.run("await openvidu.deleteRecording(app.recording.id);")
    assert node.run("await app.session.fetch(); return app.session.recording;") is True

    stopped = node.run("return await openvidu.stopRecording(app.recording.id);")
    assert stopped["status"] == "ready"
    assert stopped["size"] > 0
    assert stopped["duration"] > 0
    assert alice.told("recordingStopped")["reason"] == "recordingStoppedByServer"
    assert stopped["url"] == f"{router.url}/openvidu/recordings/{session_id}/tape.{extension}"
    assert len(router.rest.get(stopped["url"]).content) > 0
    assert node.run("return await openvidu.getRecording(app.recording.id);") == stopped
    assert stopped in node.run("return await openvidu.listRecordings();")

    node.run("await openvidu.deleteRecording(app.recording.id);")
    for call in ("getRecording", "stopRecording", "deleteRecording"):
        with pytest.raises(NodeError, match=r"^404$"):
            node.run(f"await openvidu.{call}(app.recording.id);")


def test_nobody_is_not_recorded(node: NodeApplication) -> None:
    with pytest.raises(NodeError, match=r"^406$"):
        node.run("await openvidu.startRecording(app.session.sessionId);")
    with pytest.raises(NodeError, match=r"^404$"):
        node.run("await openvidu.startRecording('unknown', 'tape');")


def test_a_broadcast_from_its_start_to_its_end(
    node: NodeApplication, join: Callable[[], Participant], tmp_path: Path
) -> None:
    alice = join()
    alice.publish()
    broadcasting = "await app.session.fetch(); return app.session.broadcasting;"
    with running_rtmp_server(tmp_path) as server:
        start = "await openvidu.startBroadcast(app.session.sessionId, url, { resolution: '320x180', frameRate: 10 });"
        node.run(start, url=server.url)
        assert alice.told("broadcastStarted") == {}
        assert node.run(broadcasting) is True
        with pytest.raises(NodeError, match=r"^409$"):
            node.run(start, url=server.url)
        receive(server)
        node.run("await openvidu.stopBroadcast(app.session.sessionId);")
        assert alice.told("broadcastStopped") == {"reason": "broadcastStoppedByServer"}
        assert node.run(broadcasting) is False
        assert codecs_in(server.files[0]) == {"h264", "aac"}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("startBroadcast('unknown', 'rtmp://localhost/live')", "404"),
        ("startBroadcast(app.session.sessionId, 'rtmp://localhost/live')", "406"),
        ("startBroadcast(app.session.sessionId, 'not a url')", "400"),
        ("stopBroadcast(app.session.sessionId)", "409"),
        ("stopBroadcast('unknown')", "404"),
    ],
)
def test_broadcasts_that_cannot_be(node: NodeApplication, call: str, status: str) -> None:
    with pytest.raises(NodeError, match=f"^{status}$"):
        node.run(f"await openvidu.{call};")
