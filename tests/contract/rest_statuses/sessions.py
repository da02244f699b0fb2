"""Sessions."""

from tests.contract.rest_statuses.case import EMPTY, ERROR, JSON, NOTHING, NOWHERE, SESSIONS, UNUSED, USED, Case

CASES = [
    Case("POST", SESSIONS, NOTHING, 200, JSON),
    Case("POST", SESSIONS, {}, 200, JSON),
    Case("POST", SESSIONS, {"customSessionId": "new"}, 200, JSON),
    Case("POST", SESSIONS, {"customSessionId": ""}, 200, JSON),
    Case("POST", SESSIONS, {"mediaMode": "RELAYED"}, 200, JSON),
    Case("POST", SESSIONS, {"session": "x", "broadcastUrl": "rtmp://x"}, 200, JSON),
    Case("POST", SESSIONS, {"customSessionId": "used"}, 409, EMPTY),
    Case("POST", SESSIONS, {"mediaMode": 1}, 400, ERROR),
    Case("POST", SESSIONS, {"mediaMode": "X"}, 400, ERROR),
    Case("POST", SESSIONS, {"recordingMode": False}, 400, ERROR),
    Case("POST", SESSIONS, {"recordingMode": "X"}, 400, ERROR),
    Case("POST", SESSIONS, {"customSessionId": 1}, 400, ERROR),
    Case("POST", SESSIONS, {"customSessionId": "not/valid"}, 400, ERROR),
    Case("POST", SESSIONS, {"forcedVideoCodec": 1}, 400, ERROR),
    Case("POST", SESSIONS, {"forcedVideoCodec": "AV1"}, 400, ERROR),
    Case("POST", SESSIONS, {"allowTranscoding": "true"}, 400, ERROR),
    Case("POST", SESSIONS, {"defaultRecordingProperties": "x"}, 400, ERROR),
    Case("POST", SESSIONS, {"defaultRecordingProperties": {"frameRate": 0}}, 400, ERROR),
    Case("POST", SESSIONS, {"defaultRecordingProperties": {"hasAudio": False, "hasVideo": False}}, 400, ERROR),
    Case("POST", SESSIONS, {"mediaNode": "x"}, 400, ERROR),
    Case("POST", SESSIONS, {"mediaNode": {"id": 1}}, 400, ERROR),
    Case("POST", SESSIONS, b"{", 400, ERROR),
    Case("GET", SESSIONS, NOTHING, 200, JSON),
    Case("GET", f"{SESSIONS}?pendingConnections=maybe", NOTHING, 400, ERROR),
    Case("PUT", SESSIONS, NOTHING, 405, EMPTY),
    Case("DELETE", SESSIONS, NOTHING, 405, EMPTY),
    Case("GET", USED, NOTHING, 200, JSON),
    Case("HEAD", USED, NOTHING, 200, None),
    Case("GET", f"{USED}?webRtcStats=1", NOTHING, 400, ERROR),
    Case("GET", NOWHERE, NOTHING, 404, EMPTY),
    Case("DELETE", USED, NOTHING, 204, EMPTY),
    Case("DELETE", UNUSED, NOTHING, 204, EMPTY),
    Case("DELETE", NOWHERE, NOTHING, 404, EMPTY),
]

REASONS: dict[tuple[str, str, int], str] = {}
