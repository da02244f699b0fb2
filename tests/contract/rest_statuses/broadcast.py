"""Broadcasts."""

from tests.contract.rest_statuses.case import API, EMPTY, ERROR, NOTHING, TEXT, Case

START = f"{API}/broadcast/start"
STOP = f"{API}/broadcast/stop"

CASES = [
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y"}, 500, TEXT),
    Case("POST", START, NOTHING, 400, ERROR),
    Case("POST", START, {"session": "used"}, 400, ERROR),
    Case("POST", START, {"session": 1, "broadcastUrl": "rtmp://x/y"}, 400, ERROR),
    Case("POST", START, {"session": "used", "broadcastUrl": "no url"}, 400, ERROR),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y", "frameRate": "1"}, 400, ERROR),
    Case("POST", START, {"session": "nowhere", "broadcastUrl": "rtmp://x/y"}, 404, EMPTY),
    Case("POST", START, {"session": "unused", "broadcastUrl": "rtmp://x/y"}, 406, EMPTY),
    Case("POST", START, {"session": "relayed", "broadcastUrl": "rtmp://x/y"}, 409, EMPTY),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y", "frameRate": 0}, 422, ERROR),
    Case("POST", STOP, NOTHING, 400, ERROR),
    Case("POST", STOP, {"session": 1}, 400, ERROR),
    Case("POST", STOP, {"session": "nowhere"}, 404, EMPTY),
    Case("POST", STOP, {"session": "used"}, 409, EMPTY),
]

REASONS = {
    ("POST", START, 200): "broadcasting is not in this release",
    ("POST", STOP, 200): "broadcasting is not in this release",
    ("POST", STOP, 500): "broadcasting is not in this release",
}
