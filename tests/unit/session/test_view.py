from __future__ import annotations

import json

import pytest

from ovrouter.session import (
    ConnectionProperties,
    IceServer,
    JoinRequest,
    KurentoOptions,
    RecordingProperties,
    connection_json,
    ice_server_json,
    participant_json,
    session_json,
    stream_json,
    token_json,
)

DEFAULT_RECORDING = (
    '{"name":"","hasAudio":true,"hasVideo":true,"outputMode":"COMPOSED","recordingLayout":"BEST_FIT",'
    '"resolution":"1280x720","frameRate":25,"shmSize":536870912}'
)
DIMENSIONS = '{"width":640,"height":480}'


def as_text(value):
    """JSON text: it compares member order too."""
    return json.dumps(value, separators=(",", ":"))


def test_a_new_session(world):
    session = world.session(custom_session_id="room")

    assert as_text(session_json(session)) == (
        '{"id":"room","object":"session","sessionId":"room","createdAt":1700000000000,"recording":false,'
        '"broadcasting":false,"mediaMode":"ROUTED","recordingMode":"MANUAL","defaultRecordingProperties":'
        f'{DEFAULT_RECORDING},"customSessionId":"room","forcedVideoCodec":"MEDIA_SERVER_PREFERRED",'
        '"allowTranscoding":false,"connections":{"numberOfElements":0,"content":[]}}'
    )


def test_a_session_without_custom_id_says_so(world):
    session = world.session(media_node_id="media_1")
    json_ = session_json(session)

    assert json_["customSessionId"] == ""
    assert json_["id"] == json_["sessionId"] == session.id
    assert json_["mediaNode"] == {"id": "media_1"}
    assert list(json_).index("mediaNode") == list(json_).index("customSessionId") + 1


@pytest.mark.parametrize(
    ("recording", "text"),
    [
        (RecordingProperties(), DEFAULT_RECORDING),
        (
            RecordingProperties(name="n", has_video=False),
            '{"name":"n","hasAudio":true,"hasVideo":false,"outputMode":"COMPOSED"}',
        ),
        (
            RecordingProperties(output_mode="INDIVIDUAL", media_node_id="m"),
            (
                '{"name":"","hasAudio":true,"hasVideo":true,"outputMode":"INDIVIDUAL","ignoreFailedStreams":false,'
                '"mediaNode":{"id":"m"}}'
            ),
        ),
        (
            RecordingProperties(output_mode="COMPOSED_QUICK_START", recording_layout="CUSTOM", custom_layout="mine"),
            (
                '{"name":"","hasAudio":true,"hasVideo":true,"outputMode":"COMPOSED_QUICK_START","recordingLayout":"CUSTOM",'
                '"resolution":"1280x720","frameRate":25,"shmSize":536870912,"customLayout":"mine"}'
            ),
        ),
    ],
    ids=["default", "audio only", "individual", "custom layout"],
)
def test_default_recording_properties(world, recording, text):
    session = world.session(default_recording=recording)

    assert as_text(session_json(session)["defaultRecordingProperties"]) == text


def test_pending_connections_are_listed_when_asked_for(world):
    session = world.session()
    active = world.join(session)
    pending = session.create_connection(ConnectionProperties())
    world.join_with_secret(session, recorder=True)

    without = session_json(session)["connections"]
    with_pending = session_json(session, pending_connections=True)["connections"]

    assert without == {"numberOfElements": 1, "content": [connection_json(active)]}
    assert with_pending == {"numberOfElements": 2, "content": [connection_json(active), connection_json(pending)]}


def test_a_pending_connection(world):
    session = world.session(custom_session_id="room")
    pending = session.create_connection(ConnectionProperties(server_data="data"))

    assert as_text(connection_json(pending)) == (
        f'{{"id":"{pending.id}","object":"connection","status":"pending","connectionId":"{pending.id}",'
        '"sessionId":"room","createdAt":1700000000000,"type":"WEBRTC","record":true,"role":"PUBLISHER",'
        '"kurentoOptions":null,"customIceServers":[],"rtspUri":null,"adaptativeBitrate":null,'
        f'"onlyPlayWithSubscribers":null,"networkCache":null,"serverData":"data","token":"{pending.token}",'
        '"activeAt":null,"location":null,"ip":null,"platform":null,"clientData":null,"publishers":null,'
        '"subscribers":null}'
    )


async def test_an_active_connection(world):
    session = world.session(custom_session_id="room")
    pending = session.create_connection(ConnectionProperties(server_data="server"))
    other = world.join(session)
    of_other = await world.publish(session, other)
    world.now_ms += 5
    alice = session.join(JoinRequest(pending.token, client_data="client", platform="Chrome", ip="192.0.2.1"))
    stream = await world.publish(session, alice)
    await world.subscribe(session, alice, of_other)

    assert as_text(connection_json(alice)) == (
        f'{{"id":"{alice.id}","object":"connection","status":"active","connectionId":"{alice.id}",'
        '"sessionId":"room","createdAt":1700000000000,"activeAt":1700000000005,"location":"unknown",'
        f'"ip":"192.0.2.1","platform":"Chrome","token":"{alice.token}","type":"WEBRTC","record":true,'
        '"role":"PUBLISHER","kurentoOptions":null,"customIceServers":[],"rtspUri":null,"adaptativeBitrate":null,'
        '"onlyPlayWithSubscribers":null,"networkCache":null,"serverData":"server","clientData":"client",'
        f'"publishers":[{{"createdAt":1700000000005,"streamId":"{stream.id}","mediaOptions":{{"hasAudio":true,'
        '"audioActive":true,"hasVideo":true,"videoActive":true,"typeOfVideo":"CAMERA","frameRate":30,'
        f'"videoDimensions":{json.dumps(DIMENSIONS)},"filter":{{}}}}}}],'
        f'"subscribers":[{{"createdAt":1700000000005,"streamId":"{of_other.id}"}}]}}'
    )


def test_an_active_connection_that_does_nothing(world):
    json_ = connection_json(world.join(world.session()))

    assert (json_["publishers"], json_["subscribers"], json_["clientData"]) == ([], [], "")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"has_video": False}, '{"hasAudio":true,"audioActive":true,"hasVideo":false,"filter":{}}'),
        (
            {"has_audio": False, "frame_rate": None, "video_dimensions": None},
            (
                '{"hasAudio":false,"hasVideo":true,"videoActive":true,"typeOfVideo":"CAMERA","frameRate":null,'
                '"videoDimensions":null,"filter":{}}'
            ),
        ),
    ],
    ids=["audio", "video"],
)
async def test_media_options_of_one_kind(world, changes, text):
    session = world.session()
    alice = world.join(session)
    await session.publish(alice.id, world.publish_request(**changes))

    (publisher,) = connection_json(alice)["publishers"]

    assert as_text(publisher["mediaOptions"]) == text


@pytest.mark.parametrize(
    ("options", "json_"),
    [
        (None, None),
        (KurentoOptions(), {}),
        (KurentoOptions(video_max_recv_bandwidth=0), {"videoMaxRecvBandwidth": 0}),
        (
            KurentoOptions(1, 2, 3, 4, ("ZBarFilter",)),
            {
                "videoMaxRecvBandwidth": 1,
                "videoMinRecvBandwidth": 2,
                "videoMaxSendBandwidth": 3,
                "videoMinSendBandwidth": 4,
                "allowedFilters": ["ZBarFilter"],
            },
        ),
    ],
)
def test_kurento_options_show_what_was_given(world, options, json_):
    connection = world.session().create_connection(ConnectionProperties(kurento_options=options))

    assert connection_json(connection)["kurentoOptions"] == json_


@pytest.mark.parametrize(
    ("server", "json_"),
    [
        (IceServer("stun:s"), {"url": "stun:s"}),
        (IceServer("turn:t", "u", "c"), {"url": "turn:t", "username": "u", "credential": "c"}),
    ],
)
def test_ice_servers(world, server, json_):
    connection = world.session().create_connection(ConnectionProperties(custom_ice_servers=(server,)))

    assert ice_server_json(server) == json_
    assert connection_json(connection)["customIceServers"] == [json_]


@pytest.mark.parametrize("options", [None, KurentoOptions(video_max_recv_bandwidth=5)])
def test_the_tokens_resource(world, options):
    session = world.session(custom_session_id="room")
    connection = session.create_connection(ConnectionProperties(server_data="data", kurento_options=options))

    assert as_text(token_json(connection)) == (
        f'{{"id":"{connection.token}","token":"{connection.token}","connectionId":"{connection.id}",'
        '"createdAt":1700000000000,"session":"room","role":"PUBLISHER","data":"data","record":true'
        + (',"kurentoOptions":{"videoMaxRecvBandwidth":5}}' if options else "}")
    )


async def test_a_participant_as_others_see_it(world):
    session = world.session()
    pending = session.create_connection(ConnectionProperties(server_data="server"))
    world.now_ms += 5
    alice = session.join(JoinRequest(pending.token, client_data="client"))

    silent = {"id": alice.id, "createdAt": 1_700_000_000_005, "metadata": "client%/%server"}
    assert participant_json(alice) == silent

    stream = await world.publish(session, alice)
    assert participant_json(alice) == silent | {"streams": [stream_json(stream)]}


async def test_a_stream_as_clients_see_it(world):
    session = world.session()
    alice = world.join(session)
    stream = (await session.publish(alice.id, world.publish_request(frame_rate=-1))).stream

    assert stream_json(stream) == {
        "id": stream.id,
        "createdAt": 1_700_000_000_000,
        "hasAudio": True,
        "hasVideo": True,
        "audioActive": True,
        "videoActive": True,
        "typeOfVideo": "CAMERA",
        "frameRate": -1,
        "videoDimensions": DIMENSIONS,
        "filter": {},
    }


async def test_what_a_stream_lacks_is_left_out(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    audio = (await session.publish(alice.id, world.publish_request(has_video=False, frame_rate=None))).stream
    video = (await session.publish(bob.id, world.publish_request(has_audio=False))).stream
    session.change_stream_property(bob.id, property="audioActive", new_value=True, reason="publishAudio")
    session.change_stream_property(alice.id, property="videoActive", new_value=True, reason="publishVideo")

    assert stream_json(audio).keys() == {"id", "createdAt", "hasAudio", "hasVideo", "audioActive", "filter"}
    assert "audioActive" not in stream_json(video)
