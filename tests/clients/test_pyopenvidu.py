"""Everything that pyopenvidu offers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyopenvidu import OpenVidu
from pyopenvidu.exceptions import (
    OpenViduConnectionDoesNotExistsError,
    OpenViduSessionDoesNotExistsError,
    OpenViduSessionExistsError,
    OpenViduStreamDoesNotExistsError,
)
from pyopenvidu.openvidusession import OpenViduSession
from requests import HTTPError

from tests.browser.router_process import SECRET, RouterProcess
from tests.browser.rtmp import running_rtmp_server
from tests.clients.participants import Participant, Participants
from tests.clients.received import codecs_in, receive

TIMEOUT_S = 10

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")  # its own


@pytest.fixture(scope="module")
def router_settings(router_folder: Path) -> dict[str, str]:
    return {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(router_folder / "recordings")}


@pytest.fixture(autouse=True)
def trust(monkeypatch: pytest.MonkeyPatch, certificate: Path) -> None:
    """Trust the router. requests prefers what the environment says to what pyopenvidu is told by ``verify``."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))


@pytest.fixture
def openvidu(router: RouterProcess) -> OpenVidu:
    for session in router.rest.get("/openvidu/api/sessions").json()["content"]:
        router.delete(f"sessions/{session['id']}")
    return OpenVidu(f"{router.url}/openvidu/api/", SECRET, timeout=TIMEOUT_S)


@pytest.fixture
def session(openvidu: OpenVidu) -> OpenViduSession:
    return openvidu.create_session()


@pytest.fixture
def join(session: OpenViduSession, participants: Participants) -> Callable[..., Participant]:
    return lambda **properties: participants.join(session.create_webrtc_connection(**properties).token)


def test_a_session_is_created_found_and_closed(openvidu: OpenVidu) -> None:
    session = openvidu.create_session("by-name", "RELAYED")
    assert (session.id, session.media_mode, session.is_being_recorded) == ("by-name", "RELAYED", False)
    assert (session.connections, session.connection_count, session.is_valid) == ([], 0, True)
    assert openvidu.get_session("by-name") is session
    with pytest.raises(OpenViduSessionExistsError):
        openvidu.create_session("by-name")
    with pytest.raises(ValueError):  # noqa: PT011 (it has no message)
        openvidu.create_session("no spaces")

    session.close()
    assert openvidu.session_count == 0
    for call in (session.close, session.fetch, session.create_webrtc_connection, session.signal):
        with pytest.raises(OpenViduSessionDoesNotExistsError):
            call()


def test_a_wrong_secret_opens_nothing(router: RouterProcess) -> None:
    with pytest.raises(HTTPError, match="401"):
        OpenVidu(f"{router.url}/openvidu/api/", "not-the-secret", timeout=TIMEOUT_S)


def test_the_paths_before_2_16_serve_too(router: RouterProcess) -> None:
    openvidu = OpenVidu(f"{router.url}/api/", SECRET, timeout=TIMEOUT_S)
    session = openvidu.create_session("old-path")
    session.create_webrtc_connection()
    assert [session.id for session in openvidu.sessions] == ["old-path"]


def test_fetch_tells_each_change_once(openvidu: OpenVidu, router: RouterProcess) -> None:
    router.create_session(customSessionId="by-somebody-else")
    assert [openvidu.fetch(), openvidu.fetch()] == [True, False]
    assert [session.id for session in openvidu.sessions] == ["by-somebody-else"]
    router.delete("sessions/by-somebody-else")
    assert [openvidu.fetch(), openvidu.session_count] == [True, 0]


def test_the_configuration_is_told(openvidu: OpenVidu, router: RouterProcess) -> None:
    config = openvidu.get_config()
    assert (config["OPENVIDU_PUBLICURL"], config["HTTPS_PORT"]) == (router.url, router.port)
    assert SECRET not in str(config)


def test_a_connection_waits_for_its_client(session: OpenViduSession) -> None:
    connection = session.create_webrtc_connection(
        "MODERATOR", "from the app", video_max_recv_bandwidth=600, video_min_recv_bandwidth=100,
        video_max_send_bandwidth=700, video_min_send_bandwidth=200, allowed_filters=["ZBarFilter"],
    )  # fmt: skip
    assert (connection.type, connection.role, connection.server_data) == ("WEBRTC", "MODERATOR", "from the app")
    assert (connection.active_at, connection.publishers, connection.subscribers) == (None, [], [])
    assert connection.kurento_options == {
        "videoMaxRecvBandwidth": 600,
        "videoMinRecvBandwidth": 100,
        "videoMaxSendBandwidth": 700,
        "videoMinSendBandwidth": 200,
        "allowedFilters": ["ZBarFilter"],
    }
    assert connection.fetch() is False
    connection.force_disconnect()
    with pytest.raises(OpenViduConnectionDoesNotExistsError):
        connection.fetch()


def test_connections_are_described(session: OpenViduSession, join: Callable[..., Participant]) -> None:
    alice, bob = join(data="Alice"), join(role="SUBSCRIBER")
    stream = alice.publish()
    bob.subscribe(stream)

    assert session.fetch()
    of_alice, of_bob = (session.get_connection(participant.connection_id) for participant in (alice, bob))
    assert (of_alice.platform, of_alice.server_data, of_alice.client_data) == ("aiortc", "Alice", "")
    assert of_alice.active_at >= of_alice.created_at
    assert [(item.stream_id, item.media_options["hasVideo"]) for item in of_alice.publishers] == [(stream, True)]
    assert [item.stream_id for item in of_bob.subscribers] == [stream]
    assert (of_alice.publisher_count, of_bob.subscriber_count) == (1, 1)
    assert session.fetch() is of_alice.fetch() is False
    with pytest.raises(OpenViduConnectionDoesNotExistsError):
        session.get_connection("con_X")


def test_signals_reach_everybody_or_one(session: OpenViduSession, join: Callable[..., Participant]) -> None:
    alice, bob = join(), join()
    session.fetch()
    of_bob = session.get_connection(bob.connection_id)

    session.signal("news", "for two", [of_bob, session.get_connection(alice.connection_id)])
    of_bob.signal("news", "for bob")
    session.signal("news", "for all")

    assert [alice.told("sendMessage")["data"] for _ in range(2)] == ["for two", "for all"]
    assert [bob.told("sendMessage")["data"] for _ in range(3)] == ["for two", "for bob", "for all"]


def test_a_signal_needs_somebody_to_hear_it(session: OpenViduSession) -> None:
    with pytest.raises(OpenViduConnectionDoesNotExistsError):
        session.signal("news", "for nobody")


def test_streams_are_ended(session: OpenViduSession, join: Callable[..., Participant]) -> None:
    alice = join()
    alice.publish()
    session.fetch()
    connection = session.get_connection(alice.connection_id)
    (publisher,) = connection.publishers

    connection.force_unpublish_all_streams()

    assert alice.told("participantUnpublished")["reason"] == "forceUnpublishByServer"
    with pytest.raises(OpenViduStreamDoesNotExistsError):
        publisher.force_unpublish()


def test_a_client_is_thrown_out(session: OpenViduSession, join: Callable[..., Participant]) -> None:
    alice = join()
    join()
    session.fetch()
    connection = session.get_connection(alice.connection_id)

    connection.force_disconnect()

    assert alice.told("participantEvicted")["reason"] == "forceDisconnectByServer"
    assert not connection.is_valid
    session.fetch()
    assert session.connection_count == 1


def test_a_session_says_that_it_is_recorded(
    router: RouterProcess, session: OpenViduSession, join: Callable[..., Participant]
) -> None:
    join().publish()
    body = {"session": session.id, "outputMode": "INDIVIDUAL"}
    recording = router.rest.post("/openvidu/api/recordings/start", json=body).raise_for_status().json()
    session.fetch()
    assert session.is_being_recorded
    stopped = router.rest.post(f"/openvidu/api/recordings/stop/{recording['id']}").raise_for_status().json()
    assert stopped["status"] == "ready"
    session.fetch()
    assert not session.is_being_recorded


def test_a_session_that_is_broadcast_is_like_any_other(
    router: RouterProcess, session: OpenViduSession, join: Callable[..., Participant], tmp_path: Path
) -> None:
    alice = join()
    stream_id = alice.publish()
    with running_rtmp_server(tmp_path) as server:
        body = {"session": session.id, "broadcastUrl": server.url, "resolution": "320x180", "frameRate": 10}
        router.rest.post("/openvidu/api/broadcast/start", json=body).raise_for_status()
        receive(server)
        session.fetch()
        assert (session.connection_count, session.is_being_recorded) == (1, False)
        (connection,) = session.connections
        assert [publisher.stream_id for publisher in connection.publishers] == [stream_id]
        router.rest.post("/openvidu/api/broadcast/stop", json={"session": session.id}).raise_for_status()
        assert alice.told("broadcastStopped") == {"reason": "broadcastStoppedByServer"}
        assert codecs_in(server.files[0]) == {"h264", "aac"}
