import json

import pytest

from ovrouter import events
from ovrouter.events import EndReason
from ovrouter.signaling.notifications import notification_text

BASE = {"session_id": "ses_A", "session_created_at_ms": 1, "timestamp_ms": 1_700_000_000_000, "audience": ("con_B",)}
PERSON = {"connection_id": "con_A", "ip": "192.0.2.1", "platform": "Chrome", "client_data": "c", "server_data": "s"}
STREAM = {"id": "str_CAM_Abcd_con_A", "hasAudio": True, "filter": {}}


def told(event):
    notification = json.loads(notification_text(event))
    assert notification.pop("jsonrpc") == "2.0"
    return notification.pop("method"), notification.pop("params"), notification


@pytest.mark.parametrize(
    ("event", "method", "params"),
    [
        (
            events.ParticipantJoined(**BASE, **PERSON, metadata="c%/%s"),
            "participantJoined",
            {"id": "con_A", "createdAt": 1_700_000_000_000, "metadata": "c%/%s"},
        ),
        (
            events.ParticipantLeft(**BASE, **PERSON, start_time_ms=1, reason=EndReason.NETWORK_DISCONNECT),
            "participantLeft",
            {"connectionId": "con_A", "name": "con_A", "reason": "networkDisconnect"},
        ),
        (
            events.ParticipantEvicted(**BASE, connection_id="con_A", reason=EndReason.FORCE_DISCONNECT_BY_SERVER),
            "participantEvicted",
            {"connectionId": "con_A", "name": "con_A", "reason": "forceDisconnectByServer"},
        ),
        (
            events.StreamPublished(**BASE, connection_id="con_A", stream=STREAM),
            "participantPublished",
            {"id": "con_A", "streams": [STREAM]},
        ),
        (
            events.StreamUnpublished(
                **BASE, connection_id="con_A", stream=STREAM, start_time_ms=1, reason=EndReason.UNPUBLISH
            ),
            "participantUnpublished",
            {"connectionId": "con_A", "name": "con_A", "reason": "unpublish"},
        ),
        (
            events.NetworkQualityChanged(**BASE, connection_id="con_A", new_level=2, old_level=5),
            "networkQualityLevelChanged",
            {"connectionId": "con_A", "newValue": 2, "oldValue": 5},
        ),
        (
            events.ConnectionPropertyChanged(**BASE, connection_id="con_B", property="role", new_value="MODERATOR"),
            "connectionPropertyChanged",
            {"property": "role", "newValue": "MODERATOR"},
        ),
        (
            events.ConnectionPropertyChanged(**BASE, connection_id="con_B", property="record", new_value=False),
            "connectionPropertyChanged",
            {"property": "record", "newValue": "false"},
        ),
        (
            events.SubscriberMustReconnect(**BASE, connection_id="con_A", stream_id="str_1", sdp_offer="v=0"),
            "forciblyReconnectSubscriber",
            {"connectionId": "con_A", "streamId": "str_1", "sdpOffer": "v=0"},
        ),
    ],
)
def test_encoding(event, method, params):
    assert told(event) == (method, params, {})


@pytest.mark.parametrize(
    ("sender", "type_", "expected"),
    [
        ("con_A", "signal:chat", {"type": "signal:chat", "from": "con_A"}),
        ("con_A", "chat", {"type": "chat", "from": "con_A"}),
        ("con_A", None, {"from": "con_A"}),
        (None, "news", {"type": "signal:news"}),
        (None, "signal:news", {"type": "signal:news"}),
        (None, "", {"type": "signal:"}),
        (None, None, {}),
    ],
)
def test_signal(sender, type_, expected):
    event = events.SignalSent(**BASE, from_connection=sender, type=type_, data="hi")
    assert told(event) == ("sendMessage", {"data": "hi"} | expected, {})


@pytest.mark.parametrize(
    ("name", "value", "on_the_wire"),
    [
        ("audioActive", True, "true"),
        ("videoActive", False, "false"),
        ("videoDimensions", '{"width":640,"height":480}', '"{\\"width\\":640,\\"height\\":480}"'),
        ("videoTrack", {"label": "x"}, '{"label":"x"}'),
        ("filter", {"type": "f"}, {"type": "f"}),
        ("filter", {}, {}),
    ],
)
def test_new_value(name, value, on_the_wire):
    event = events.StreamPropertyChanged(
        **BASE, connection_id="con_A", stream_id="str_1", property=name, new_value=value, reason="r"
    )
    assert told(event) == (
        "streamPropertyChanged",
        {"connectionId": "con_A", "streamId": "str_1", "property": name, "newValue": on_the_wire, "reason": "r"},
        {},
    )


def test_clients_are_not_told_of_reporting_events():
    assert notification_text(events.SessionCreated(**BASE)) is None
    assert notification_text(events.SessionDestroyed(**BASE, reason=EndReason.LAST_PARTICIPANT_LEFT)) is None
    started = events.SubscriptionStarted(**BASE, connection_id="con_B", receiving_from="con_A", stream=STREAM)
    assert notification_text(started) is None


RECORDING = {"id": "ses_A~1", "name": "MyRecording", "outputMode": "INDIVIDUAL"}


def recording_changed(status, reason=None):
    return events.RecordingStatusChanged(**BASE, recording=RECORDING | {"status": status}, reason=reason)


def test_clients_are_told_when_a_recording_starts_and_stops():
    started = {"id": "ses_A~1", "name": "MyRecording"}
    assert told(recording_changed("started"))[:2] == ("recordingStarted", started)
    stopped = started | {"reason": "automaticStop"}
    assert told(recording_changed("stopped", EndReason.AUTOMATIC_STOP))[:2] == ("recordingStopped", stopped)


@pytest.mark.parametrize("status", ["ready", "failed"])
def test_clients_are_not_told_what_becomes_of_the_files(status):
    assert notification_text(recording_changed(status, EndReason.AUTOMATIC_STOP)) is None
