from tests.unit.rest.harness import SECRET, Rest

BASIC = [
    "VERSION",
    "OPENVIDU_SERVER_DEPENDENCY_VERSION",
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
    "OPENVIDU_EDITION",
    "OPENVIDU_ENTERPRISE_MEDIA_SERVER",
    "KMS_URIS",
    "OPENVIDU_PRO_STATS_SESSION_INTERVAL",
    "OPENVIDU_PRO_STATS_SERVER_INTERVAL",
    "OPENVIDU_PRO_STATS_MONITORING_INTERVAL",
    "OPENVIDU_PRO_STATS_WEBRTC_INTERVAL",
    "OPENVIDU_PRO_CLUSTER_ID",
    "OPENVIDU_PRO_CLUSTER_ENVIRONMENT",
    "OPENVIDU_PRO_CLUSTER_MEDIA_NODES",
    "OPENVIDU_PRO_CLUSTER_PATH",
    "OPENVIDU_PRO_CLUSTER_RECONNECTION_TIMEOUT",
    "OPENVIDU_PRO_CLUSTER_AUTOSCALING",
    "OPENVIDU_PRO_NETWORK_QUALITY",
    "OPENVIDU_PRO_ELASTICSEARCH",
    "OPENVIDU_PRO_KIBANA",
    "OPENVIDU_PRO_RECORDING_STORAGE",
    "OPENVIDU_PRO_SPEECH_TO_TEXT",
]


async def test_documented_members_in_order(rest):
    shown = (await rest.get("/config")).json
    assert list(shown) == BASIC
    assert shown["OPENVIDU_PUBLICURL"] == "https://localhost:4443"
    assert shown["OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH"] == 1000
    assert shown["OPENVIDU_CDR"] is False
    assert shown["KMS_URIS"] == ["ovrouter://127.0.0.1"]


async def test_modules_show_their_settings_when_on():
    rest = Rest(
        openvidu_cdr=True,
        openvidu_recording=True,
        openvidu_recording_composed_url="https://example.com/",
        openvidu_webhook=True,
        openvidu_webhook_endpoint="https://example.com/hook",
        openvidu_webhook_headers=("X-Key: 1",),
        openvidu_webhook_events=("sessionCreated",),
        openvidu_pro_cluster_autoscaling=True,
        openvidu_pro_network_quality=True,
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
        "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MAX_NODES",
        "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MIN_NODES",
        "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MAX_LOAD",
        "OPENVIDU_PRO_CLUSTER_AUTOSCALING_MIN_LOAD",
        "OPENVIDU_PRO_NETWORK_QUALITY_INTERVAL",
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
