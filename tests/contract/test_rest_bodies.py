"""Whatever JSON a request carries, the answer is one of the documented statuses, and never a failure of ours."""

import json
from functools import cache, partial

import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.rest.harness import Rest

MEMBERS = [
    "mediaMode", "recordingMode", "customSessionId", "forcedVideoCodec", "allowTranscoding", "mediaNode", "id", "name",
    "defaultRecordingProperties", "hasAudio", "hasVideo", "outputMode", "recordingLayout", "customLayout", "frameRate",
    "resolution", "shmSize", "ignoreFailedStreams", "type", "data", "record", "role", "kurentoOptions", "session", "to",
    "videoMaxRecvBandwidth", "videoMinSendBandwidth", "allowedFilters", "customIceServers", "url", "username",
    "credential", "staticAuthSecret", "rtspUri", "adaptativeBitrate", "onlyPlayWithSubscribers", "networkCache",
    "uri", "environmentId", "volumeSize", "status", "broadcastUrl",
]  # fmt: skip
VALUES = [
    "ROUTED", "ALWAYS", "A", "used", "VP8", "NONE", "COMPOSED", "INDIVIDUAL", "CUSTOM", "1280x720", "WEBRTC", "IPCAM",
    "MODERATOR", "rtmp://x/y", "ovrouter://127.0.0.1", "running", "turn:x", "stun:[::1]", "100", "rtsp://x", "{active}",
]  # fmt: skip
TARGETS = [
    ("POST", "/sessions"),
    ("POST", "/sessions/used/connection"),
    ("PATCH", "/sessions/used/connection/{active}"),
    ("POST", "/tokens"),
    ("POST", "/signal"),
    ("POST", "/media-nodes"),
    ("PATCH", "/media-nodes/media_local"),
    ("POST", "/broadcast/start"),
    ("POST", "/broadcast/stop"),
]
DOCUMENTED = {200, 204, 400, 404, 406, 409, 422, 501}
NO_BROADCAST = b"Broadcasting is not available in this release"

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.sampled_from(VALUES)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4)
)
bodies = st.dictionaries(st.sampled_from(MEMBERS), values, max_size=6)


@cache
def world() -> tuple[Rest, str]:
    """The router that all examples talk to, and its active Connection."""

    async def prepare() -> tuple[Rest, str]:
        rest = Rest()
        return rest, (await rest.publisher(await rest.session("used"))).id

    return trio.run(prepare)


def status_of(target: tuple[str, str], body: bytes) -> int:
    rest, active = world()
    method, path = target
    ask = partial(rest.ask, method, "/openvidu/api" + path.replace("{active}", active))
    answer = trio.run(ask, body.replace(b"{active}", active.encode()))
    is_refused_broadcast = answer.body == NO_BROADCAST or answer.body.startswith(b"Protocol not found")
    return 422 if answer.status == 500 and is_refused_broadcast else answer.status


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TARGETS), bodies)
def test_any_json(target, body):
    assert status_of(target, json.dumps(body).encode()) in DOCUMENTED


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TARGETS), st.binary(max_size=50))
def test_any_bytes(target, body):
    assert status_of(target, body) in DOCUMENTED
