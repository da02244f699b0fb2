import pytest

from ovrouter import ice_url
from ovrouter.events import ConnectionPropertyChanged, EndReason, ParticipantEvicted
from ovrouter.session import JoinRequest
from tests.unit.rest.harness import NOW_MS, SECRET, Rest

C = "/sessions/A/connection"


async def test_create_with_everything(rest):
    await rest.session("A")
    kurento = {
        "videoMaxRecvBandwidth": 1000,
        "videoMinRecvBandwidth": "300",
        "videoMaxSendBandwidth": 0,
        "allowedFilters": ["GStreamerFilter"],
    }
    turn = {"url": "turn:turn.example.com:443?transport=tcp", "username": "u", "credential": "c"}
    body = {"type": "WEBRTC", "data": "d", "record": False, "role": "MODERATOR"}
    answer = await rest.post(C, body | {"kurentoOptions": kurento, "customIceServers": [turn]})
    made = answer.json
    assert answer.status == 200
    assert list(made)[:17] == [
        "id", "object", "status", "connectionId", "sessionId", "createdAt", "type", "record", "role", "kurentoOptions",
        "customIceServers", "rtspUri", "adaptativeBitrate", "onlyPlayWithSubscribers", "networkCache", "serverData",
        "token",
    ]  # fmt: skip
    assert made["kurentoOptions"] == kurento | {"videoMinRecvBandwidth": 300}
    assert made["customIceServers"] == [turn]
    assert (made["status"], made["serverData"], made["record"], made["role"]) == ("pending", "d", False, "MODERATOR")
    assert made["publishers"] is None
    assert made["token"].startswith("wss://localhost:4443?sessionId=A&token=tok_")


async def test_create_with_nothing(rest):
    await rest.session("A")
    made = (await rest.post(C)).json
    assert (made["role"], made["record"], made["serverData"]) == ("PUBLISHER", True, "")
    assert made["kurentoOptions"] is None
    assert made["customIceServers"] == []


async def test_empty_kurento_options_stay_empty(rest):
    await rest.session("A")
    assert (await rest.post(C, {"kurentoOptions": {}})).json["kurentoOptions"] == {}


async def test_members_of_the_other_type_are_ignored(rest):
    await rest.session("A")
    assert (await rest.post(C, {"rtspUri": 7, "networkCache": []})).status == 200


async def test_static_secret_becomes_credentials(rest):
    await rest.session("A")
    body = {"customIceServers": [{"url": "turn:turn.example.com", "staticAuthSecret": "shared"}]}
    (server,) = (await rest.post(C, body)).json["customIceServers"]
    expiry, _, suffix = server["username"].partition(":")
    assert (int(expiry), len(suffix)) == (NOW_MS // 1000 + 86400, 8)
    assert server["credential"]
    assert "shared" not in str(server)


async def test_configured_ice_servers_are_the_default():
    rest = Rest(openvidu_webrtc_ice_servers=("url=stun:stun.example.com",))
    await rest.session("A")
    assert (await rest.post(C, {})).json["customIceServers"] == [{"url": "stun:stun.example.com"}]


@pytest.mark.parametrize(
    "url",
    [
        "stun:example.com",
        "stuns:example.com:5349",
        "stun:192.0.2.1:1",
        "stun:[2001:db8::1]:65535",
        "stun:localhost",
    ],
)
def test_good_stun_urls(url):
    ice_url.check_ice_server(url, None, None, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "http:example.com",
        "stun:",
        "stun:example.com:0",
        "stun:example.com:65536",
        "stun:example.com:",
        "stun:exa mple.com",
        "stun:-example.com",
        "stun:300.1.1.1",
        "stun:2001:db8::1",
        "stun:[192.0.2.1]",
        "stun:[::g]",
        "stun://example.com",
        "stun:example.com?transport=udp",
        "stun:example.com\n",
        "stun:" + "a" * 64,
    ],
)
def test_bad_stun_urls(url):
    with pytest.raises(ValueError, match="url"):
        ice_url.check_ice_server(url, None, None, None)


@pytest.mark.parametrize("url", ["turn:example.com", "turns:192.0.2.1:443?transport=tcp", "turn:[::1]?transport=udp"])
def test_good_turn_servers(url):
    ice_url.check_ice_server(url, "u", "c", None)
    ice_url.check_ice_server(url, None, None, "secret")


@pytest.mark.parametrize(
    "given", [(None, None, None), ("u", None, None), (None, "c", None), ("u", "c", "s"), ("u", None, "s")]
)
def test_bad_turn_credentials(given):
    with pytest.raises(ValueError, match="TURN server"):
        ice_url.check_ice_server("turn:example.com", *given)


@pytest.mark.parametrize("given", [("u", None, None), (None, "c", None), (None, None, "s")])
def test_stun_takes_no_credentials(given):
    with pytest.raises(ValueError, match="STUN server"):
        ice_url.check_ice_server("stun:example.com", *given)


async def test_ip_camera_is_checked_then_declined(rest):
    await rest.session("A")
    good = {"type": "IPCAM", "rtspUri": "rtsp://camera.example.com:554/live", "networkCache": "2000"}
    answer = await rest.post(C, good)
    assert answer.status == 501
    assert "not available" in answer.json["message"]
    for wrong in (
        {"rtspUri": "ftp://x"},
        {"rtspUri": 1},
        {"rtspUri": None},
        {"adaptativeBitrate": 1},
        {"networkCache": "x"},
    ):
        assert (await rest.post(C, good | wrong)).status == 400


async def test_get_active_connection(rest):
    session = await rest.session("A")
    publisher = await rest.publisher(session, client_data="c", platform="Chrome", ip="192.0.2.7")
    found = (await rest.get(f"{C}/{publisher.id}")).json
    assert (found["status"], found["clientData"], found["ip"], found["platform"]) == (
        "active",
        "c",
        "192.0.2.7",
        "Chrome",
    )
    assert found["publishers"][0]["mediaOptions"]["videoDimensions"] == '{"width":640,"height":480}'
    assert "localSdp" in (await rest.get(f"{C}/{publisher.id}?webRtcStats=true")).json["publishers"][0]


async def test_list_puts_active_before_pending(rest):
    session = await rest.session("A")
    pending = (await rest.post(C, {})).json["id"]
    active = rest.join(session).id
    listed = (await rest.get(C)).json
    assert (listed["numberOfElements"], [item["id"] for item in listed["content"]]) == (2, [active, pending])
    assert (await rest.get(f"{C}?pendingConnections=false")).json["numberOfElements"] == 1


async def test_internal_participants_are_never_listed(rest):
    session = await rest.session("A")
    joined = rest.join(session)
    session.join(JoinRequest("", secret=SECRET, recorder=True))
    assert len(session.connections) == 2
    assert [item["id"] for item in (await rest.get(C)).json["content"]] == [joined.id]


async def test_webrtc_stats_of_the_list_pass_over_pending(rest):
    await rest.publisher(await rest.session("A"))
    await rest.post(C, {})
    first, second = (await rest.get(f"{C}?webRtcStats=true")).json["content"]
    assert "localSdp" in first["publishers"][0]
    assert second["publishers"] is None


async def test_patch_changes_role_then_record_and_tells_the_client(rest):
    joined = rest.join(await rest.session("A"))
    rest.events.clear()
    answer = await rest.patch(f"{C}/{joined.id}", {"record": False, "role": "SUBSCRIBER", "data": 7, "type": []})
    assert (answer.status, answer.json["role"], answer.json["record"]) == (200, "SUBSCRIBER", False)
    assert [(type(event), event.property, event.audience) for event in rest.events] == [
        (ConnectionPropertyChanged, "role", (joined.id,)),
        (ConnectionPropertyChanged, "record", (joined.id,)),
    ]


async def test_patch_of_pending_connection_tells_nobody(rest):
    await rest.session("A")
    pending = (await rest.post(C, {})).json["id"]
    rest.events.clear()
    assert (await rest.patch(f"{C}/{pending}", {"role": "MODERATOR"})).json["role"] == "MODERATOR"
    assert (await rest.patch(f"{C}/{pending}")).status == 200
    assert rest.events == []


async def test_delete_evicts(rest):
    session = await rest.session("A")
    rest.join(session)
    evicted = rest.join(session)
    assert (await rest.delete(f"{C}/{evicted.id}")).status == 204
    (event,) = (event for event in rest.events if isinstance(event, ParticipantEvicted))
    assert (event.connection_id, event.reason) == (evicted.id, EndReason.FORCE_DISCONNECT_BY_SERVER)


async def test_delete_revokes_a_pending_token(rest):
    session = await rest.session("A")
    pending = (await rest.post(C, {})).json["id"]
    assert (await rest.delete(f"{C}/{pending}")).status == 204
    assert session.pending == {}
    assert (await rest.delete(f"{C}/{pending}")).status == 404
