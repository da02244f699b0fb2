"""Every (endpoint, status) pair that the REST document names, for the resources served so far.

The world of each case: Session ``used`` with an active publisher ``{active}``, its stream ``{stream}`` and a pending
Connection ``{pending}``; Sessions ``unused`` and, in media mode RELAYED, ``relayed`` with nobody.
"""

import pytest

from tests.unit.rest.harness import NOTHING, Rest

USED = "/openvidu/api/sessions/used"
NOWHERE = "/openvidu/api/sessions/nowhere"
SESSIONS = "/openvidu/api/sessions"
SIGNAL = "/openvidu/api/signal"
TOKENS = "/openvidu/api/tokens"
NODES = "/openvidu/api/media-nodes"
NODE = f"{NODES}/media_local"
BROADCAST = "/openvidu/api/broadcast"
SPEECH = "/openvidu/api/speech-to-text"
MODEL = {"lang": "en-US", "mediaNode": {"id": "media_local"}}
RESTART = "/openvidu/api/restart"

JSON, EMPTY, ERROR = "json", "empty", "error"

CASES = [
    # method, path, body, status, kind of body
    ("POST", SESSIONS, NOTHING, 200, JSON),
    ("POST", SESSIONS, {}, 200, JSON),
    ("POST", SESSIONS, {"customSessionId": "new"}, 200, JSON),
    ("POST", SESSIONS, {"customSessionId": ""}, 200, JSON),
    ("POST", SESSIONS, {"mediaMode": "RELAYED"}, 200, JSON),
    ("POST", SESSIONS, {"session": "x", "broadcastUrl": "rtmp://x"}, 200, JSON),
    ("POST", SESSIONS, {"customSessionId": "used"}, 409, EMPTY),
    ("POST", SESSIONS, {"mediaMode": 1}, 400, ERROR),
    ("POST", SESSIONS, {"mediaMode": "X"}, 400, ERROR),
    ("POST", SESSIONS, {"recordingMode": False}, 400, ERROR),
    ("POST", SESSIONS, {"recordingMode": "X"}, 400, ERROR),
    ("POST", SESSIONS, {"customSessionId": 1}, 400, ERROR),
    ("POST", SESSIONS, {"customSessionId": "not/valid"}, 400, ERROR),
    ("POST", SESSIONS, {"forcedVideoCodec": 1}, 400, ERROR),
    ("POST", SESSIONS, {"forcedVideoCodec": "AV1"}, 400, ERROR),
    ("POST", SESSIONS, {"allowTranscoding": "true"}, 400, ERROR),
    ("POST", SESSIONS, {"defaultRecordingProperties": "x"}, 400, ERROR),
    ("POST", SESSIONS, {"defaultRecordingProperties": {"frameRate": 0}}, 400, ERROR),
    ("POST", SESSIONS, {"defaultRecordingProperties": {"hasAudio": False, "hasVideo": False}}, 400, ERROR),
    ("POST", SESSIONS, {"mediaNode": "x"}, 400, ERROR),
    ("POST", SESSIONS, {"mediaNode": {"id": 1}}, 400, ERROR),
    ("POST", SESSIONS, b"{", 400, ERROR),
    ("GET", SESSIONS, NOTHING, 200, JSON),
    ("GET", f"{SESSIONS}?pendingConnections=maybe", NOTHING, 400, ERROR),
    ("PUT", SESSIONS, NOTHING, 405, EMPTY),
    ("DELETE", SESSIONS, NOTHING, 405, EMPTY),
    ("GET", USED, NOTHING, 200, JSON),
    ("HEAD", USED, NOTHING, 200, None),
    ("GET", NOWHERE, NOTHING, 404, EMPTY),
    ("DELETE", USED, NOTHING, 204, EMPTY),
    ("DELETE", f"{SESSIONS}/unused", NOTHING, 204, EMPTY),
    ("DELETE", NOWHERE, NOTHING, 404, EMPTY),
    ("POST", f"{USED}/connection", NOTHING, 200, JSON),
    ("POST", f"{USED}/connection", {"type": "WEBRTC"}, 200, JSON),
    ("POST", f"{NOWHERE}/connection", {"type": 1}, 404, EMPTY),
    ("POST", f"{USED}/connection", {"type": "X"}, 400, ERROR),
    ("POST", f"{USED}/connection", {"type": 1}, 400, ERROR),
    ("POST", f"{USED}/connection", {"data": 1}, 400, ERROR),
    ("POST", f"{USED}/connection", {"record": "yes"}, 400, ERROR),
    ("POST", f"{USED}/connection", {"role": "X"}, 400, ERROR),
    ("POST", f"{USED}/connection", {"role": 1}, 400, ERROR),
    ("POST", f"{USED}/connection", {"kurentoOptions": []}, 400, ERROR),
    ("POST", f"{USED}/connection", {"kurentoOptions": {"videoMaxRecvBandwidth": "x"}}, 400, ERROR),
    ("POST", f"{USED}/connection", {"kurentoOptions": {"videoMinSendBandwidth": 1.5}}, 400, ERROR),
    ("POST", f"{USED}/connection", {"kurentoOptions": {"allowedFilters": [1]}}, 400, ERROR),
    ("POST", f"{USED}/connection", {"kurentoOptions": {"allowedFilters": "x"}}, 400, ERROR),
    ("POST", f"{USED}/connection", {"customIceServers": {}}, 400, ERROR),
    ("POST", f"{USED}/connection", {"customIceServers": [{}]}, 400, ERROR),
    ("POST", f"{USED}/connection", {"customIceServers": [{"url": "http:x"}]}, 400, ERROR),
    ("POST", f"{USED}/connection", {"customIceServers": [{"url": "turn:x"}]}, 400, ERROR),
    ("POST", f"{USED}/connection", {"customIceServers": [{"url": "stun:x", "username": "u"}]}, 400, ERROR),
    ("POST", f"{USED}/connection", {"type": "IPCAM"}, 400, ERROR),
    ("POST", f"{USED}/connection", {"type": "IPCAM", "rtspUri": "NOT_A_URI"}, 400, ERROR),
    ("POST", f"{USED}/connection", {"type": "IPCAM", "rtspUri": "rtsp://x", "networkCache": "x"}, 400, ERROR),
    ("POST", f"{USED}/connection", {"type": "IPCAM", "rtspUri": "rtsp://x"}, 501, ERROR),
    ("GET", f"{USED}/connection", NOTHING, 200, JSON),
    ("GET", f"{NOWHERE}/connection", NOTHING, 404, EMPTY),
    ("GET", f"{USED}/connection/{{active}}", NOTHING, 200, JSON),
    ("GET", f"{USED}/connection/{{pending}}", NOTHING, 200, JSON),
    ("GET", f"{USED}/connection/unknown", NOTHING, 404, EMPTY),
    ("GET", f"{NOWHERE}/connection/{{active}}", NOTHING, 400, EMPTY),
    ("PATCH", f"{USED}/connection/{{active}}", {"role": "SUBSCRIBER"}, 200, JSON),
    ("PATCH", f"{USED}/connection/{{active}}", {}, 200, JSON),
    ("PATCH", f"{USED}/connection/{{pending}}", {"record": False, "data": 1, "type": False}, 200, JSON),
    ("PATCH", f"{USED}/connection/{{active}}", {"role": "X"}, 400, ERROR),
    ("PATCH", f"{USED}/connection/{{active}}", {"role": 1}, 400, ERROR),
    ("PATCH", f"{USED}/connection/{{active}}", {"record": "x"}, 400, ERROR),
    ("PATCH", f"{USED}/connection/unknown", {"role": 1}, 404, EMPTY),
    ("PATCH", f"{NOWHERE}/connection/{{active}}", {"role": 1}, 404, EMPTY),
    ("DELETE", f"{USED}/connection/{{active}}", NOTHING, 204, EMPTY),
    ("DELETE", f"{USED}/connection/{{pending}}", NOTHING, 204, EMPTY),
    ("DELETE", f"{USED}/connection/unknown", NOTHING, 404, EMPTY),
    ("DELETE", f"{NOWHERE}/connection/{{active}}", NOTHING, 400, EMPTY),
    ("POST", f"{USED}/connection/{{active}}", {}, 405, EMPTY),
    ("DELETE", f"{USED}/stream/{{stream}}", NOTHING, 204, EMPTY),
    ("DELETE", f"{USED}/stream/unknown", NOTHING, 404, EMPTY),
    ("DELETE", f"{SESSIONS}/unused/stream/{{stream}}", NOTHING, 404, EMPTY),
    ("DELETE", f"{NOWHERE}/stream/{{stream}}", NOTHING, 400, EMPTY),
    ("GET", f"{USED}/stream/{{stream}}", NOTHING, 405, EMPTY),
    ("POST", SIGNAL, {"session": "used"}, 200, EMPTY),
    ("POST", SIGNAL, {"session": "used", "to": ["{active}"], "type": "t", "data": "d"}, 200, EMPTY),
    ("POST", SIGNAL, {"session": "used", "to": [], "type": None, "data": None}, 200, EMPTY),
    ("POST", SIGNAL, {}, 400, ERROR),
    ("POST", SIGNAL, NOTHING, 400, ERROR),
    ("POST", SIGNAL, {"session": 1}, 400, ERROR),
    ("POST", SIGNAL, {"session": "used", "to": "x"}, 400, ERROR),
    ("POST", SIGNAL, {"session": "used", "to": [1]}, 400, ERROR),
    ("POST", SIGNAL, {"session": "used", "type": 1}, 400, ERROR),
    ("POST", SIGNAL, {"session": "used", "data": {}}, 400, ERROR),
    ("POST", SIGNAL, {"session": "nowhere", "data": {}}, 400, ERROR),
    ("POST", SIGNAL, {"session": "nowhere"}, 404, EMPTY),
    ("POST", SIGNAL, {"session": "unused"}, 406, EMPTY),
    ("POST", SIGNAL, {"session": "used", "to": ["{active}", "unknown"]}, 406, ERROR),
    ("POST", SIGNAL, {"session": "used", "to": ["{pending}"]}, 406, ERROR),
    ("GET", SIGNAL, NOTHING, 405, EMPTY),
    ("POST", RESTART, {}, 200, EMPTY),
    ("POST", RESTART, {"OPENVIDU_CDR": False}, 200, EMPTY),
    ("POST", RESTART, {"OPENVIDU_CDR": "maybe"}, 400, ERROR),
    ("POST", RESTART, {"DOMAIN_OR_PUBLIC_IP": "elsewhere"}, 400, ERROR),
    ("GET", RESTART, NOTHING, 405, EMPTY),
    ("POST", TOKENS, {"session": "used"}, 200, JSON),
    ("POST", TOKENS, {}, 400, ERROR),
    ("POST", TOKENS, {"session": 1}, 400, ERROR),
    ("POST", TOKENS, {"session": "used", "role": "X"}, 400, ERROR),
    ("POST", TOKENS, {"session": "used", "data": 1}, 400, ERROR),
    ("POST", TOKENS, {"session": "used", "kurentoOptions": 1}, 400, ERROR),
    ("POST", TOKENS, {"session": "used", "type": "X"}, 400, ERROR),
    ("POST", TOKENS, {"session": "nowhere"}, 404, ERROR),
    ("GET", NODE, NOTHING, 200, JSON),
    ("GET", f"{NODE}?sessions=true&recordings=true&extra-info=true", NOTHING, 200, JSON),
    ("GET", f"{NODE}?sessions=1", NOTHING, 400, ERROR),
    ("GET", f"{NODES}/unknown", NOTHING, 404, EMPTY),
    ("GET", NODES, NOTHING, 200, JSON),
    ("GET", f"{NODES}?extra-info=x", NOTHING, 400, ERROR),
    ("POST", NODES, {}, 501, ERROR),
    ("POST", NODES, {"uri": 1}, 400, ERROR),
    ("POST", NODES, {"uri": "kurento"}, 400, ERROR),
    ("POST", NODES, {"uri": "ws://10.0.0.9:8888/kurento", "environmentId": "a/b"}, 400, ERROR),
    ("POST", NODES, {"uri": "ws://10.0.0.9:8888/kurento", "volumeSize": "big"}, 400, ERROR),
    ("POST", f"{NODES}?wait=maybe", {"uri": "ws://10.0.0.9:8888/kurento"}, 400, ERROR),
    ("POST", NODES, {"uri": "ws://10.0.0.9:8888/kurento"}, 404, ERROR),
    ("POST", NODES, {"uri": "ovrouter://127.0.0.1"}, 409, EMPTY),
    ("PUT", NODES, NOTHING, 200, JSON),
    ("PATCH", NODE, {"status": "waiting-idle-to-terminate"}, 200, JSON),
    ("PATCH", NODE, {"status": "running"}, 204, EMPTY),
    ("PATCH", NODE, {"status": "launching"}, 400, ERROR),
    ("PATCH", NODE, {"status": "terminated"}, 400, ERROR),
    ("PATCH", NODE, {"status": 1}, 400, ERROR),
    ("PATCH", NODE, {}, 400, ERROR),
    ("PATCH", f"{NODES}/unknown", {"status": 1}, 404, EMPTY),
    ("DELETE", f"{NODE}?deletion-strategy=now", NOTHING, 200, EMPTY),
    ("DELETE", f"{NODE}?deletion-strategy=now&wait=true", NOTHING, 204, EMPTY),
    ("DELETE", f"{NODE}?deletion-strategy=when-no-sessions", NOTHING, 202, EMPTY),
    ("DELETE", NODE, NOTHING, 409, EMPTY),
    ("DELETE", f"{NODE}?deletion-strategy=later", NOTHING, 400, ERROR),
    ("DELETE", f"{NODES}/unknown", NOTHING, 404, EMPTY),
    ("POST", f"{BROADCAST}/start", {"session": "used", "broadcastUrl": "rtmp://x/y"}, 500, None),
    ("POST", f"{BROADCAST}/start", NOTHING, 400, ERROR),
    ("POST", f"{BROADCAST}/start", {"session": "used"}, 400, ERROR),
    ("POST", f"{BROADCAST}/start", {"session": 1, "broadcastUrl": "rtmp://x/y"}, 400, ERROR),
    ("POST", f"{BROADCAST}/start", {"session": "used", "broadcastUrl": "no url"}, 400, ERROR),
    ("POST", f"{BROADCAST}/start", {"session": "used", "broadcastUrl": "rtmp://x/y", "frameRate": "1"}, 400, ERROR),
    ("POST", f"{BROADCAST}/start", {"session": "nowhere", "broadcastUrl": "rtmp://x/y"}, 404, EMPTY),
    ("POST", f"{BROADCAST}/start", {"session": "unused", "broadcastUrl": "rtmp://x/y"}, 406, EMPTY),
    ("POST", f"{BROADCAST}/start", {"session": "relayed", "broadcastUrl": "rtmp://x/y"}, 409, EMPTY),
    ("POST", f"{BROADCAST}/start", {"session": "used", "broadcastUrl": "rtmp://x/y", "frameRate": 0}, 422, ERROR),
    ("POST", f"{BROADCAST}/stop", NOTHING, 400, ERROR),
    ("POST", f"{BROADCAST}/stop", {"session": 1}, 400, ERROR),
    ("POST", f"{BROADCAST}/stop", {"session": "nowhere"}, 404, EMPTY),
    ("POST", f"{BROADCAST}/stop", {"session": "used"}, 409, EMPTY),
    ("POST", f"{SPEECH}/load", MODEL, 501, ERROR),
    ("POST", f"{SPEECH}/unload", MODEL, 501, ERROR),
    ("GET", "/openvidu/api/config", NOTHING, 200, JSON),
    ("HEAD", "/openvidu/api/config/openvidu-publicurl", NOTHING, 200, None),
    ("POST", "/openvidu/api/config", {}, 405, EMPTY),
    ("GET", "/openvidu/api/health", NOTHING, 200, JSON),
    ("GET", "/openvidu/api/unknown", NOTHING, 404, EMPTY),
    ("GET", "/openvidu/accept-certificate", NOTHING, 200, None),
    ("GET", "/dashboard", NOTHING, 302, None),
]


def filled(value, names: dict[str, str]):
    """*value* with the placeholders of the module's docstring replaced."""
    if isinstance(value, str):
        for name, replacement in names.items():
            value = value.replace(f"{{{name}}}", replacement)
        return value
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return value


@pytest.mark.parametrize(("method", "path", "body", "status", "kind"), CASES)
async def test_status(method, path, body, status, kind):
    rest = Rest()
    session = await rest.session("used")
    await rest.session("unused")
    assert (await rest.post("/sessions", {"customSessionId": "relayed", "mediaMode": "RELAYED"})).status == 200
    publisher = await rest.publisher(session)
    pending = (await rest.post("/sessions/used/connection", {})).json["id"]
    names = {"active": publisher.id, "stream": publisher.stream.id, "pending": pending}
    before = len(rest.events)

    answer = await rest.ask(method, filled(path, names), filled(body, names))

    assert answer.status == status
    if kind == EMPTY:
        assert answer.body == b""
    elif kind == JSON:
        assert isinstance(answer.json, dict)
    elif kind == ERROR:
        error = answer.json
        assert (error["status"], error["path"]) == (status, filled(path, names).partition("?")[0])
        assert error["message"]
    if status >= 400:
        assert len(rest.events) == before, "a refused request changes nothing"
        assert len(session.pending) == 1
