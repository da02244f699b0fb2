from ovrouter.events import EndReason, SessionCreated, SessionDestroyed
from tests.unit.rest.harness import NOW_MS, Rest

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


async def test_create_with_everything(rest):
    answer = await rest.post(
        "/sessions",
        {
            "mediaMode": "ROUTED",
            "recordingMode": "ALWAYS",
            "customSessionId": "My_Session-1",
            "forcedVideoCodec": "H264",
            "allowTranscoding": True,
            "mediaNode": {"id": "media_1"},
            "defaultRecordingProperties": {"name": "r~1", "outputMode": "INDIVIDUAL", "ignoreFailedStreams": True},
            "unknown": {"ignored": [1.5, None]},
        },
    )
    assert answer.status == 200
    assert list(answer.json.items()) == [
        ("id", "My_Session-1"),
        ("object", "session"),
        ("sessionId", "My_Session-1"),
        ("createdAt", NOW_MS),
        ("recording", False),
        ("broadcasting", False),
        ("mediaMode", "ROUTED"),
        ("recordingMode", "ALWAYS"),
        (
            "defaultRecordingProperties",
            {
                "name": "r~1",
                "hasAudio": True,
                "hasVideo": True,
                "outputMode": "INDIVIDUAL",
                "ignoreFailedStreams": True,
            },
        ),
        ("customSessionId", "My_Session-1"),
        ("mediaNode", {"id": "media_1"}),
        ("forcedVideoCodec", "H264"),
        ("allowTranscoding", True),
        ("connections", {"numberOfElements": 0, "content": []}),
    ]
    assert [type(event) for event in rest.events] == [SessionCreated]


async def test_create_with_nothing(rest):
    for body in (b"", b"{}", b"null", b" \n"):
        answer = await rest.post("/sessions", body)
        assert answer.status == 200
        assert answer.json["id"].startswith("ses_")
        assert answer.json["customSessionId"] == ""
        assert answer.json["defaultRecordingProperties"] == DEFAULT_RECORDING
        assert answer.json["forcedVideoCodec"] == "MEDIA_SERVER_PREFERRED"
    assert len(rest.registry.sessions()) == 4


async def test_create_without_a_body_or_content_type(rest):
    assert (await rest.post("/sessions")).status == 200


async def test_null_is_absent(rest):
    names = ("mediaMode", "recordingMode", "customSessionId", "forcedVideoCodec", "allowTranscoding", "mediaNode")
    answer = await rest.post("/sessions", dict.fromkeys((*names, "defaultRecordingProperties")))
    assert answer.json["mediaMode"] == "ROUTED"
    assert answer.json["defaultRecordingProperties"] == DEFAULT_RECORDING


async def test_configuration_gives_the_defaults():
    rest = Rest(openvidu_streams_forced_video_codec="VP9", openvidu_streams_allow_transcoding=True)
    answer = await rest.post("/sessions", {})
    assert (answer.json["forcedVideoCodec"], answer.json["allowTranscoding"]) == ("VP9", True)


async def test_taken_id_is_a_conflict_without_a_body(rest):
    await rest.session("A")
    answer = await rest.post("/sessions", {"customSessionId": "A"})
    assert (answer.status, answer.body) == (409, b"")
    assert len(rest.registry.sessions()) == 1


async def test_get_hides_pending_connections_unless_asked(rest):
    session = await rest.session("A")
    await rest.post("/sessions/A/connection", {})
    joined = rest.join(session)
    answer = await rest.get("/sessions/A")
    assert [item["id"] for item in answer.json["connections"]["content"]] == [joined.id]
    answer = await rest.get("/sessions/A?pendingConnections=true")
    assert answer.json["connections"]["numberOfElements"] == 2


async def test_get_all_lists_active_and_unused_sessions(rest):
    rest.join(await rest.session("A"))
    await rest.session("B")
    await rest.post("/sessions/B/connection", {})
    answer = await rest.get("/sessions?pendingConnections=true")
    assert answer.json["numberOfElements"] == 2
    assert [item["connections"]["numberOfElements"] for item in answer.json["content"]] == [1, 1]


async def test_webrtc_stats_describe_every_link(rest):
    session = await rest.session("A")
    publisher = await rest.publisher(session)
    subscriber = rest.join(session)
    await session.subscribe(subscriber.id, publisher.stream.id, sdp_offer="offer")
    await session.add_candidate(publisher.id, publisher.id, "candidate:1 1 udp 1 192.0.2.1 9 typ host", "0", 0)
    answer = await rest.get("/sessions/A?webRtcStats=true")
    first, second = answer.json["connections"]["content"]
    (published,), (subscribed,) = first["publishers"], second["subscribers"]
    assert list(published) == [
        "createdAt",
        "webrtcEndpointName",
        "remoteSdp",
        "localSdp",
        "clientIceCandidates",
        "serverIceCandidates",
        "localCandidate",
        "remoteCandidate",
        "events",
        "counters",
        "streamId",
        "mediaOptions",
    ]
    assert published["clientIceCandidates"] == [
        {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}
    ]
    assert subscribed["localSdp"] == f"answer {subscriber.id}_{publisher.stream.id}"
    assert subscribed["streamId"] == publisher.stream.id
    assert "localSdp" not in (await rest.get("/sessions/A")).json["connections"]["content"][0]["publishers"][0]
    answer = await rest.get("/sessions?webRtcStats=true")
    assert answer.json["content"][0]["connections"]["content"][0]["publishers"] == [published]


async def test_webrtc_stats_leave_out_a_link_that_is_gone(rest):
    session = await rest.session("A")
    publisher = await rest.publisher(session)
    rest.media.uplinks.clear()
    answer = await rest.get("/sessions/A?webRtcStats=true")
    (published,) = answer.json["connections"]["content"][0]["publishers"]
    assert list(published) == ["createdAt", "streamId", "mediaOptions"]
    assert published["streamId"] == publisher.stream.id


async def test_delete_evicts_and_destroys(rest):
    rest.join(await rest.session("A"))
    answer = await rest.delete("/sessions/A")
    assert (answer.status, answer.body) == (204, b"")
    assert isinstance(rest.events[-1], SessionDestroyed)
    assert rest.events[-1].reason is EndReason.SESSION_CLOSED_BY_SERVER
    assert (await rest.get("/sessions/A")).status == 404
