"""Recordings."""

from tests.contract.rest_statuses.case import API, EMPTY, ERROR, JSON, NOTHING, TEXT, Case
from tests.unit.rest.harness import Rest

RECORDINGS = f"{API}/recordings"
START = f"{RECORDINGS}/start"
STOP = f"{RECORDINGS}/stop"
FILE = "/openvidu/recordings/{recording_id}/{name}"
LAYOUT = "/openvidu/layouts/{name}"
INDIVIDUAL = {"session": "used", "outputMode": "INDIVIDUAL"}


async def started(rest: Rest) -> None:
    assert (await rest.post("/recordings/start", INDIVIDUAL)).status == 200


async def starting(rest: Rest) -> None:
    await started(rest)
    rest.recordings.hold_back("used")


async def ready(rest: Rest) -> None:
    await started(rest)
    assert (await rest.post("/recordings/stop/used")).status == 200


async def off(rest: Rest) -> None:
    rest.recordings.is_enabled = False


async def failing(rest: Rest) -> None:
    rest.recordings.failure = "the disk is full"


async def broken(rest: Rest) -> None:
    await started(rest)
    rest.recordings.failure = "the disk is full"


async def kept_in_s3(rest: Rest) -> None:
    await ready(rest)
    rest.recordings.failure = "the bucket is out of reach"


CASES = [
    Case("POST", START, {"session": "used"}, 200, JSON),
    Case("POST", START, INDIVIDUAL, 200, JSON),
    Case("POST", START, {"session": "used", "name": "My~Recording-1", "hasVideo": False}, 200, JSON),
    Case("POST", START, {"session": "used", "recordingLayout": "CUSTOM", "customLayout": "x"}, 200, JSON),
    Case("POST", START, INDIVIDUAL | {"resolution": "no matter", "ignoreFailedStreams": True}, 200, JSON),
    Case("POST", START, NOTHING, 400, ERROR),
    Case("POST", START, NOTHING, 400, ERROR, before=off),
    Case("POST", START, {}, 400, ERROR),
    Case("POST", START, {"session": 1}, 400, ERROR),
    Case("POST", START, {"session": "used", "name": "not/valid"}, 400, ERROR),
    Case("POST", START, {"session": "used", "outputMode": "X"}, 400, ERROR),
    Case("POST", START, {"session": "used", "hasAudio": "x"}, 400, ERROR),
    Case("POST", START, {"session": "used", "recordingLayout": "X"}, 400, ERROR),
    Case("POST", START, {"session": "used", "customLayout": 1}, 400, ERROR),
    Case("POST", START, {"session": "used", "resolution": 1}, 400, ERROR),
    Case("POST", START, {"session": "used", "frameRate": "x"}, 400, ERROR),
    Case("POST", START, {"session": "used", "shmSize": "x"}, 400, ERROR),
    Case("POST", START, INDIVIDUAL | {"ignoreFailedStreams": 1}, 400, ERROR),
    Case("POST", START, {"session": "nowhere"}, 404, EMPTY),
    Case("POST", START, {"session": "nowhere", "frameRate": "x"}, 404, EMPTY),
    Case("POST", START, {"session": "unused"}, 406, EMPTY),
    Case("POST", START, {"session": "unused", "hasAudio": "x"}, 406, EMPTY),
    Case("POST", START, {"session": "relayed"}, 409, EMPTY),
    Case("POST", START, INDIVIDUAL, 409, EMPTY, before=started),
    Case("POST", START, INDIVIDUAL, 409, EMPTY, before=starting),
    Case("POST", START, {"session": "used", "hasAudio": False, "hasVideo": False}, 422, ERROR),
    Case("POST", START, {"session": "used", "resolution": "99x100"}, 422, ERROR),
    Case("POST", START, {"session": "used", "resolution": "1280x2000"}, 422, ERROR),
    Case("POST", START, {"session": "used", "frameRate": 0}, 422, ERROR),
    Case("POST", START, {"session": "used", "frameRate": 121}, 422, ERROR),
    Case("POST", START, {"session": "used", "shmSize": 1}, 422, ERROR),
    Case("POST", START, INDIVIDUAL, 500, TEXT, before=failing),
    Case("POST", START, INDIVIDUAL, 501, EMPTY, before=off),
    Case("POST", START, {"session": 1}, 501, EMPTY, before=off),
    Case("POST", f"{STOP}/used", NOTHING, 200, JSON, before=started),
    Case("POST", f"{STOP}/used", NOTHING, 404, EMPTY),
    Case("POST", f"{STOP}/used", NOTHING, 404, EMPTY, before=ready),
    Case("POST", f"{STOP}/used", NOTHING, 406, EMPTY, before=starting),
    Case("POST", f"{STOP}/used", NOTHING, 500, TEXT, before=broken),
    Case("POST", f"{STOP}/used", NOTHING, 501, EMPTY, before=off),
    Case("GET", f"{RECORDINGS}/used", NOTHING, 200, JSON, before=started),
    Case("GET", f"{RECORDINGS}/used", NOTHING, 200, JSON, before=ready),
    Case("GET", f"{RECORDINGS}/used", NOTHING, 404, EMPTY),
    Case("GET", f"{RECORDINGS}/used", NOTHING, 501, EMPTY, before=off),
    Case("GET", RECORDINGS, NOTHING, 200, JSON),
    Case("GET", RECORDINGS, NOTHING, 200, JSON, before=ready),
    Case("GET", RECORDINGS, NOTHING, 501, EMPTY, before=off),
    Case("DELETE", f"{RECORDINGS}/used", NOTHING, 204, EMPTY, before=ready),
    Case("DELETE", f"{RECORDINGS}/used", NOTHING, 404, EMPTY),
    Case("DELETE", f"{RECORDINGS}/used", NOTHING, 409, EMPTY, before=started),
    Case("DELETE", f"{RECORDINGS}/used", NOTHING, 409, EMPTY, before=starting),
    Case("DELETE", f"{RECORDINGS}/used", NOTHING, 501, EMPTY, before=off),
    Case("DELETE", f"{RECORDINGS}/used", NOTHING, 502, ERROR, before=kept_in_s3),
    Case("DELETE", RECORDINGS, NOTHING, 405, EMPTY),
    Case("POST", STOP, NOTHING, 405, EMPTY),
    Case("GET", "/openvidu/recordings/used/used.zip", NOTHING, 404, EMPTY),
    Case("GET", "/openvidu/layouts/mine/index.html", NOTHING, 404, EMPTY),
]

REASONS = {("GET", FILE, status): "tests/unit/rest/test_recording_files.py" for status in (200, 206, 416)}
REASONS |= {("GET", LAYOUT, 200): "tests/unit/rest/test_layouts.py"}
