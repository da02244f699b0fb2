"""Whole conversations, frame by frame, as the original server and openvidu-browser have them."""

import json

import trio

from ovrouter.events import EndReason
from ovrouter.medianode import UplinkRated
from ovrouter.session import Role
from tests.unit.signaling.harness import DIMENSIONS, PUBLISH, open_world, settle

MODES = ("kurento", "mediasoup")
ALICE, BOB = '{"clientData":"Alice"}', '{"clientData":"Bob"}'


def notification(method, **params):
    return {"method": method, "params": params, "jsonrpc": "2.0"}


def departure(method, page, reason):
    return notification(method, connectionId=page.id, name=page.id, reason=reason)


def success(request_id, page, **result):
    return {"id": request_id, "result": result | {"sessionId": page.rpc_session_id}, "jsonrpc": "2.0"}


def failure(request_id, code, message):
    return {"id": request_id, "error": {"code": code, "message": message}, "jsonrpc": "2.0"}


def stream_of(page, stream_id, created_at_ms):
    return {
        "id": stream_id,
        "createdAt": created_at_ms,
        "hasAudio": True,
        "hasVideo": True,
        "audioActive": True,
        "videoActive": True,
        "typeOfVideo": "CAMERA",
        "frameRate": 30,
        "videoDimensions": DIMENSIONS,
        "filter": {},
    }


async def test_join_publish_subscribe_leave(autojump_clock):
    async with open_world(openvidu_enterprise_media_server="kurento") as world:
        alice = await world.join(metadata=ALICE)
        alice_joined_ms, alice_published_ms = world.now_ms, world.now_ms + 1000
        world.now_ms += 1000
        alice_stream = await alice.publish()

        world.now_ms += 1000
        bob, connection = await world.open(headers=((b"cookie", b"OVJSESSIONID=" + b"97061F3F73313C3E" * 2),)), None
        assert await bob.call("ping", {"interval": 5000}) == {"id": 0, "result": {"value": "pong"}, "jsonrpc": "2.0"}
        connection = world.connection(server_data="from the app")
        alice.take()
        result = await bob.join(world.session, connection.token, metadata=BOB, sdkVersion="2.32.2")
        metadata = BOB + "%/%from the app"
        assert alice.take() == [
            notification("participantJoined", id=connection.id, createdAt=world.now_ms, metadata=metadata)
        ]
        assert result == {
            "id": connection.id,
            "finalUserId": "97061F3F73313C3E",
            "createdAt": world.now_ms,
            "metadata": metadata,
            "value": [
                {
                    "id": alice.id,
                    "createdAt": alice_joined_ms,
                    "metadata": ALICE,
                    "streams": [stream_of(alice, alice_stream, alice_published_ms)],
                }
            ],
            "session": world.session.id,
            "version": "2.32.2",
            "mediaServer": "kurento",
            "videoSimulcast": False,
            "record": True,
            "role": "PUBLISHER",
            "coturnIp": "ov.example.com",
            "coturnPort": 3478,
            "turnUsername": connection.turn.username,
            "turnCredential": connection.turn.credential,
            "customIceServers": [
                {
                    "url": "turn:ov.example.com:3478",
                    "username": connection.turn.username,
                    "credential": connection.turn.credential,
                }
            ],
            "sessionId": bob.rpc_session_id,
        }

        subscribe = bob.send("receiveVideoFrom", {"sender": alice_stream, "sdpOffer": "v=0..."})
        candidate = {"endpointName": alice.id, "candidate": "candidate:388 1 udp", "sdpMid": "0", "sdpMLineIndex": 0}
        trickle = bob.send("onIceCandidate", candidate)
        await settle()
        assert bob.take() == [
            success(subscribe, bob, sdpAnswer=f"answer {bob.id}_{alice_stream}"),
            success(trickle, bob),
        ]
        assert [(c.link_id, c.candidate) for c in world.media.candidates] == [
            (f"{bob.id}_{alice_stream}", "candidate:388 1 udp")
        ]

        world.now_ms += 1000
        publish = bob.send("publishVideo", PUBLISH)
        await settle()
        (answer,) = bob.take()
        bob_stream = answer["result"]["id"]
        assert answer == success(publish, bob, sdpAnswer=f"answer {bob_stream}", id=bob_stream, createdAt=world.now_ms)
        assert alice.take() == [
            notification("participantPublished", id=bob.id, streams=[stream_of(bob, bob_stream, world.now_ms)])
        ]

        video_data = bob.send("videoData", {"height": 480, "width": 640, "videoActive": True, "audioActive": True})
        await settle()
        assert bob.take() == [success(video_data, bob)]

        leave = bob.send("leaveRoom", {})
        await settle()
        assert bob.take() == [success(leave, bob)]
        assert alice.take() == [departure("participantLeft", bob, "disconnect")]
        bob.drop()
        await bob.ended.wait()
        assert bob.closed is None


async def test_subscribe_to_the_servers_offer(autojump_clock):
    for mode in MODES:
        async with open_world(openvidu_enterprise_media_server=mode) as world:
            alice, bob = await world.join(), await world.join()
            stream_id = await alice.publish()
            bob.take()
            link_id = f"{bob.id}_{stream_id}"
            assert await bob.result("prepareReceiveVideoFrom", {"sender": stream_id, "reconnect": False}) == {
                "sdpOffer": f"offer {link_id}",
                "sessionId": bob.rpc_session_id,
            }
            assert await bob.result("receiveVideoFrom", {"sender": stream_id, "sdpAnswer": "v=0..."}) == {
                "sessionId": bob.rpc_session_id
            }
            assert [(c.link_id, c.sdp_answer) for c in world.media.accepted] == [(link_id, "v=0...")]


async def test_subscribe_with_the_clients_offer(autojump_clock):
    for mode in MODES:
        async with open_world(openvidu_enterprise_media_server=mode) as world:
            alice, bob = await world.join(), await world.join()
            stream_id = await alice.publish()
            result = await bob.result("receiveVideoFrom", {"sender": stream_id, "sdpOffer": "v=0"})
            assert result["sdpAnswer"] == f"answer {bob.id}_{stream_id}"


async def test_simulcast_is_told_with_mediasoup_only(autojump_clock):
    for mode, told in (("kurento", False), ("mediasoup", True)):
        async with open_world(openvidu_enterprise_media_server=mode, openvidu_webrtc_simulcast=True) as world:
            page = await world.open()
            result = await page.join(world.session, world.connection().token)
            assert (result["mediaServer"], result["videoSimulcast"]) == (mode, told)


async def test_reconnection_after_a_socket_drop(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        alice_stream, bob_stream = await alice.publish(), await bob.publish()
        await bob.call("receiveVideoFrom", {"sender": alice_stream, "sdpOffer": "v=0"})
        alice.take()
        bob.drop()
        await trio.sleep(3)

        back = await world.open()
        back.rpc_session_id = bob.rpc_session_id
        connect = back.send("connect", {"sessionId": bob.rpc_session_id, "reconnect": True})
        await settle()
        assert back.take() == [success(connect, back, value="reconnection successful")]
        ping = back.send("ping", {"interval": 5000})
        world.now_ms += 90_000
        own = back.send("reconnectStream", {"stream": bob_stream, "sdpString": "v=0...(offer)"})
        remote = back.send("reconnectStream", {"stream": alice_stream, "sdpOffer": "v=0", "forciblyReconnect": False})
        await settle()
        assert back.take() == [
            {"id": ping, "result": {"value": "pong"}, "jsonrpc": "2.0"},
            success(own, back, sdpAnswer=f"answer {bob_stream}", id=bob_stream, createdAt=world.now_ms),
            success(remote, back, sdpAnswer=f"answer {bob.id}_{alice_stream}"),
        ]
        assert alice.take() == []


async def test_reconnect_a_subscription_to_the_servers_offer(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        stream_id = await alice.publish()
        await bob.call("prepareReceiveVideoFrom", {"sender": stream_id, "reconnect": False})
        await bob.call("receiveVideoFrom", {"sender": stream_id, "sdpAnswer": "v=0 first"})
        await bob.result("prepareReceiveVideoFrom", {"sender": stream_id, "reconnect": True})
        answer = {"stream": stream_id, "sdpString": "v=0 second", "forciblyReconnect": False}
        assert await bob.result("reconnectStream", answer) == {"sessionId": bob.rpc_session_id}
        assert [command.sdp_answer for command in world.media.accepted] == ["v=0 first", "v=0 second"]


async def test_older_clients_reconnect_their_publisher_with_sdp_offer(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        stream_id = await page.publish()
        result = await page.result("reconnectStream", {"stream": stream_id, "sdpOffer": "v=0 again"})
        assert result["id"] == stream_id
        assert world.media.uplinks[stream_id].sdp_offer == "v=0 again"


async def test_reconnection_too_late(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        alice.take()
        bob.drop()
        await trio.sleep(10.1)
        assert alice.take() == [departure("participantLeft", bob, "networkDisconnect")]
        back = await world.open()
        connect = back.send("connect", {"sessionId": bob.rpc_session_id, "reconnect": True})
        await settle()
        assert back.take() == [failure(connect, 40007, "reconnection error")]


async def test_a_moderator_evicts(autojump_clock):
    async with open_world() as world:
        mia, alice, bob = await world.join(Role.MODERATOR), await world.join(), await world.join()
        for page in (mia, alice, bob):
            page.take()
        left = departure("participantLeft", bob, "forceDisconnectByUser")
        evicted = departure("participantEvicted", bob, "forceDisconnectByUser")
        request = mia.send("forceDisconnect", {"connectionId": bob.id})
        await settle()
        assert mia.take() == [left, success(request, mia), evicted]
        assert alice.take() == [left, evicted]
        assert bob.take() == [evicted]


async def test_a_moderator_evicts_itself(autojump_clock):
    async with open_world() as world:
        await world.join()
        mia = await world.join(Role.MODERATOR)
        request = mia.send("forceDisconnect", {"connectionId": mia.id})
        await settle()
        evicted = departure("participantEvicted", mia, "forceDisconnectByUser")
        assert mia.take() == [success(request, mia), evicted]


async def test_the_server_evicts(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        alice.take()
        await world.session.evict(bob.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
        await settle()
        params = {"connectionId": bob.id, "name": bob.id, "reason": "forceDisconnectByServer"}
        assert alice.take() == [notification("participantLeft", **params), notification("participantEvicted", **params)]
        assert bob.take() == [notification("participantEvicted", **params)]


async def test_a_session_is_closed(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        alice.take()
        await world.registry.close(world.session.id, EndReason.SESSION_CLOSED_BY_SERVER)
        await settle()

        def told(method, page):
            return departure(method, page, "sessionClosedByServer")

        assert alice.take() == [told("participantEvicted", alice)]
        assert bob.take() == [
            told("participantLeft", alice),
            told("participantEvicted", alice),
            told("participantEvicted", bob),
        ]


async def test_unpublish(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        await alice.publish()
        bob.take()
        request = alice.send("unpublishVideo", {})
        await settle()
        assert alice.take()[-1:] == [success(request, alice)]
        assert bob.take() == [departure("participantUnpublished", alice, "unpublish")]


async def test_a_moderator_unpublishes_another(autojump_clock):
    async with open_world() as world:
        mia, alice, bob = await world.join(Role.MODERATOR), await world.join(), await world.join()
        stream_id = await alice.publish()
        for page in (mia, alice, bob):
            page.take()
        request = mia.send("forceUnpublish", {"streamId": stream_id})
        await settle()
        ended = departure("participantUnpublished", alice, "forceUnpublishByUser")
        assert mia.take() == [success(request, mia), ended]
        assert alice.take() == [ended]
        assert bob.take() == [ended]


async def test_signals(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        alice.take()

        message = {"to": [], "data": "Hello", "type": "signal:chat"}
        everybody = bob.send("sendMessage", {"message": json.dumps(message)})
        await settle()
        told = notification("sendMessage", **{"data": "Hello", "type": "signal:chat", "from": bob.id})
        assert alice.take() == [told]
        assert bob.take() == [told, success(everybody, bob)]

        message = {"to": [alice.id], "data": "psst", "type": "signal:private"}
        addressed = bob.send("sendMessage", {"message": json.dumps(message)})
        await settle()
        assert alice.take() == [
            notification("sendMessage", **{"data": "psst", "type": "signal:private", "from": bob.id})
        ]
        assert bob.take() == [success(addressed, bob)]

        world.session.send_signal(sender=None, to=[], type="news", data="Server says hi")
        await settle()
        told = notification("sendMessage", type="signal:news", data="Server says hi")
        assert alice.take() == [told]
        assert bob.take() == [told]


async def test_stream_properties(autojump_clock):
    async with open_world() as world:
        alice, bob = await world.join(), await world.join()
        stream_id = await alice.publish()
        bob.take()
        for name, value, on_the_wire, reason in (
            ("audioActive", False, "false", "publishAudio"),
            ("videoActive", True, "true", "publishVideo"),
            ("videoDimensions", '{"width":1,"height":2}', '"{\\"width\\":1,\\"height\\":2}"', "deviceRotated"),
            ("videoTrack", {"label": "Camera"}, '{"label":"Camera"}', "trackReplaced"),
        ):
            params = {"streamId": stream_id, "property": name, "newValue": value, "reason": reason}
            assert await alice.result("streamPropertyChanged", params) == {"sessionId": alice.rpc_session_id}
            params = {"connectionId": alice.id} | params | {"newValue": on_the_wire}
            assert bob.take() == [notification("streamPropertyChanged", **params)]

        late = await world.open()
        result = await late.join(world.session, world.connection().token)
        (stream,) = result["value"][0]["streams"]
        assert (stream["audioActive"], stream["videoDimensions"]) == (False, '{"width":1,"height":2}')


async def test_a_changed_role_takes_effect_at_once(autojump_clock):
    async with open_world() as world:
        page, _ = await world.join(Role.SUBSCRIBER), await world.join()
        page.take()
        world.session.change_connection(page.id, role=Role.PUBLISHER, record=False)
        await settle()
        assert page.take() == [
            notification("connectionPropertyChanged", property="role", newValue="PUBLISHER"),
            notification("connectionPropertyChanged", property="record", newValue="false"),
        ]
        await page.publish()


async def test_participants_that_do_not_publish_have_no_streams(autojump_clock):
    async with open_world() as world:
        await world.join()
        page = await world.open()
        result = await page.join(world.session, world.connection().token)
        (other,) = result["value"]
        assert other.keys() == {"id", "createdAt", "metadata"}


async def test_the_recorder_sees_everybody_and_nobody_sees_it(autojump_clock):
    async with open_world() as world:
        alice = await world.join()
        alice.take()
        recorder = await world.open()
        result = await recorder.join(world.session, "wrong", secret="s3cret", recorder=True)
        assert (result["id"], result["role"]) == ("RECORDER", "SUBSCRIBER")
        assert "finalUserId" not in result
        assert [other["id"] for other in result["value"]] == [alice.id]
        assert alice.take() == []
        late = await world.open()
        result = await late.join(world.session, world.connection().token)
        assert [other["id"] for other in result["value"]] == [alice.id]
        (joined,) = recorder.take()
        assert joined["params"]["id"] == late.id


async def test_a_client_that_sends_every_param_as_a_string(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.open()
        await page.join(world.session, world.connection().token, recorder="false", stt="false")
        watcher.take()
        await page.publish(doLoopback="false", hasAudio="true", hasVideo="true", audioActive="false", frameRate="30")
        (told,) = watcher.take()
        (stream,) = told["params"]["streams"]
        assert stream == stream_of(page, stream["id"], world.now_ms) | {"audioActive": False}


async def test_everybody_is_told_how_a_publishers_network_is():
    async with open_world() as world:
        alice, bob = await world.join(), await world.join(Role.SUBSCRIBER)
        stream_id = await alice.publish()
        alice.take(), bob.take()
        for link_id, level in ((stream_id, 5), (stream_id, 5), ("str_CAM_gone", 1), (stream_id, 2)):
            await world.registry.handle_link_event(UplinkRated(link_id, level))
        await settle()
        told = [
            notification("networkQualityLevelChanged", connectionId=alice.id, newValue=5, oldValue=0),
            notification("networkQualityLevelChanged", connectionId=alice.id, newValue=2, oldValue=5),
        ]
        assert alice.take() == told
        assert bob.take() == told
