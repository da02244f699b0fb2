from tests.unit.rest.harness import SECRET, Rest

BASIC = [
    "VERSION",
    "DOMAIN_OR_PUBLIC_IP",
    "HTTPS_PORT",
    "OPENVIDU_PUBLICURL",
    "OPENVIDU_CDR",
    "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH",
    "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH",
    "OPENVIDU_STREAMS_VIDEO_MAX_SEND_BANDWIDTH",
    "OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH",
    "OPENVIDU_STREAMS_FORCED_VIDEO_CODEC",
    "OPENVIDU_STREAMS_ALLOW_TRANSCODING",
    "OPENVIDU_WEBRTC_SIMULCAST",
    "OPENVIDU_SESSIONS_GARBAGE_INTERVAL",
    "OPENVIDU_SESSIONS_GARBAGE_THRESHOLD",
    "OPENVIDU_RECORDING",
    "OPENVIDU_WEBHOOK",
]


async def test_documented_members_in_order(rest):
    shown = (await rest.get("/config")).json
    assert list(shown) == BASIC
    assert shown["OPENVIDU_PUBLICURL"] == "https://localhost:4443"
    assert shown["OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH"] == 1000
    assert shown["OPENVIDU_CDR"] is False


async def test_modules_show_their_settings_when_on():
    rest = Rest(
        openvidu_cdr=True,
        openvidu_recording=True,
        openvidu_recording_composed_url="https://example.com/",
        openvidu_webhook=True,
        openvidu_webhook_endpoint="https://example.com/hook",
        openvidu_webhook_headers=("X-Key: 1",),
        openvidu_webhook_events=("sessionCreated",),
    )
    answer = await rest.get("/config")
    assert set(answer.json) - set(BASIC) == {
        "OPENVIDU_CDR_PATH",
        "OPENVIDU_RECORDING_VERSION",
        "OPENVIDU_RECORDING_PATH",
        "OPENVIDU_RECORDING_PUBLIC_ACCESS",
        "OPENVIDU_RECORDING_NOTIFICATION",
        "OPENVIDU_RECORDING_CUSTOM_LAYOUT",
        "OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT",
        "OPENVIDU_RECORDING_COMPOSED_URL",
        "OPENVIDU_WEBHOOK_ENDPOINT",
        "OPENVIDU_WEBHOOK_HEADERS",
        "OPENVIDU_WEBHOOK_EVENTS",
    }
    assert answer.json["OPENVIDU_WEBHOOK_HEADERS"] == ["X-Key: 1"]
    assert SECRET.encode() not in answer.body


async def test_parts(rest):
    assert (await rest.get("/config/openvidu-version")).body == b"2.32.2"
    assert (await rest.get("/config/openvidu-publicurl")).body == b"https://localhost:4443/"
    assert (await rest.get("/config/openvidu-recording")).body == b"false"
    assert (await rest.get("/config/openvidu-cdr")).body == b"false"
    path = await rest.get("/config/openvidu-recording-path")
    assert path.body.decode() == rest.config.openvidu_recording_path
