"""Broadcasts of real browsers, from the request to what a live server has received."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.event_log import EventLog
from tests.browser.layouts import CUSTOM, install_layouts
from tests.browser.meeting import Meeting
from tests.browser.router_process import RouterProcess
from tests.browser.rtmp import running_rtmp_server
from tests.browser.test_composed import FAKE_MICROPHONE_HZ, assert_moves, decoded, tone_hz

BROADCAST_S = 8
START = "/openvidu/api/broadcast/start"
STOP = "/openvidu/api/broadcast/stop"
GRID = {"resolution": "640x240", "frameRate": 20}


@pytest.fixture(scope="module")
def cdr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cdr")


@pytest.fixture(scope="module")
def router_settings(cdr: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    layouts = install_layouts(tmp_path_factory.mktemp("layouts"))
    return {"OPENVIDU_CDR": "true", "OPENVIDU_CDR_PATH": str(cdr), **layouts}


@pytest.mark.parametrize("options", [GRID, CUSTOM], ids=["grid", "page"])
def test_a_live_server_receives_the_call_until_the_broadcast_is_stopped(
    meeting: Meeting, router: RouterProcess, cdr: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    alice, bob = meeting.join(), meeting.join()
    alice.publish()
    bob.publish()
    with running_rtmp_server(tmp_path) as server:
        body = {"session": meeting.session_id, "broadcastUrl": server.url, **options}
        assert router.rest.post(START, json=body).status_code == httpx.codes.OK
        assert router.rest.get(f"/openvidu/api/sessions/{meeting.session_id}").json()["broadcasting"]
        time.sleep(BROADCAST_S)
        assert router.rest.post(START, json=body).status_code == httpx.codes.CONFLICT
        assert router.rest.post(STOP, json={"session": meeting.session_id}).status_code == httpx.codes.OK
        assert not router.rest.get(f"/openvidu/api/sessions/{meeting.session_id}").json()["broadcasting"]
        (path,) = server.files

    codecs, pictures, sound = decoded(path)
    assert codecs == {"video": "h264", "audio": "aac"}
    assert pictures[0].shape == (240, 640)
    assert_moves([picture[:, :320] for picture in pictures])
    assert_moves([picture[:, 320:] for picture in pictures])
    assert len(sound) / 48_000 == pytest.approx(BROADCAST_S, abs=3)
    assert tone_hz(sound) == FAKE_MICROPHONE_HZ

    events = EventLog(cdr)
    started = events.wait_for("broadcastStarted", sessionId=meeting.session_id)
    stopped = events.wait_for("broadcastStopped", sessionId=meeting.session_id)
    assert stopped["reason"] == "broadcastStoppedByServer"
    assert stopped["startTime"] == started["timestamp"]
