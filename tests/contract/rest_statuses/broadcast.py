"""Broadcasts."""

from tests.contract.rest_statuses.case import API, EMPTY, ERROR, NOTHING, TEXT, Case
from tests.unit.rest.harness import Rest

START = f"{API}/broadcast/start"
STOP = f"{API}/broadcast/stop"


async def broadcast(rest: Rest) -> None:
    await rest.post("/broadcast/start", {"session": "used", "broadcastUrl": "rtmp://x/y"})


CASES = [
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y"}, 200, EMPTY),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmps://x/y"}, 200, EMPTY),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://refusing/y"}, 500, TEXT),
    Case("POST", START, {"session": "used", "broadcastUrl": "file://x/etc/passwd"}, 500, TEXT),
    Case("POST", START, {"session": "used", "broadcastUrl": "http://x/y"}, 500, TEXT),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y live=1"}, 400, ERROR),
    Case("POST", START, NOTHING, 400, ERROR),
    Case("POST", START, {"session": "used"}, 400, ERROR),
    Case("POST", START, {"session": 1, "broadcastUrl": "rtmp://x/y"}, 400, ERROR),
    Case("POST", START, {"session": "used", "broadcastUrl": "no url"}, 400, ERROR),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y", "frameRate": "1"}, 400, ERROR),
    Case("POST", START, {"session": "nowhere", "broadcastUrl": "rtmp://x/y"}, 404, EMPTY),
    Case("POST", START, {"session": "unused", "broadcastUrl": "rtmp://x/y"}, 406, EMPTY),
    Case("POST", START, {"session": "relayed", "broadcastUrl": "rtmp://x/y"}, 409, EMPTY),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y"}, 409, EMPTY, before=broadcast),
    Case("POST", START, {"session": "used", "broadcastUrl": "rtmp://x/y", "frameRate": 0}, 422, ERROR),
    Case("POST", STOP, {"session": "used"}, 200, EMPTY, before=broadcast),
    Case("POST", STOP, NOTHING, 400, ERROR),
    Case("POST", STOP, {"session": 1}, 400, ERROR),
    Case("POST", STOP, {"session": "nowhere"}, 404, EMPTY),
    Case("POST", STOP, {"session": "used"}, 409, EMPTY),
]

REASONS = {
    ("POST", STOP, 500): "nothing is left that could fail: a server that breaks ends its broadcast",
}
