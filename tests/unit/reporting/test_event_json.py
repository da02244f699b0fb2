import pytest

from ovrouter import events
from ovrouter.events import EndReason
from ovrouter.reporting.event_json import event_json

BASE = {"session_id": "ses_A", "session_created_at_ms": 1_000, "timestamp_ms": 63_999, "audience": ("con_B", "con_C")}
PERSON = {"connection_id": "con_A", "ip": "192.0.2.1", "platform": "Chrome", "client_data": "c", "server_data": "s"}
STREAM = {
    "id": "str_CAM_Abcd_con_A",
    "createdAt": 2_000,
    "hasAudio": True,
    "hasVideo": True,
    "audioActive": True,
    "videoActive": False,
    "typeOfVideo": "CAMERA",
    "frameRate": 30,
    "videoDimensions": '{"width":640,"height":480}',
    "filter": {},
}
RECORDING = {
    "id": "ses_A",
    "object": "recording",
    "name": "Mine",
    "outputMode": "COMPOSED",
    "resolution": "1280x720",
    "frameRate": 25,
    "recordingLayout": "BEST_FIT",
    "sessionId": "ses_A",
    "createdAt": 3_000,
    "size": 4_096,
    "duration": 58.25,
    "url": None,
    "hasAudio": True,
    "hasVideo": True,
    "status": "ready",
}

BASE_MEMBERS = {"sessionId": "ses_A", "uniqueSessionId": "ses_A_1000", "timestamp": 63_999}
PERSON_MEMBERS = {
    "participantId": "con_A",
    "connectionId": "con_A",
    "location": "unknown",
    "ip": "192.0.2.1",
    "platform": "Chrome",
    "clientData": "c",
    "serverData": "s",
}
VIDEO_MEMBERS = {
    "videoSource": "CAMERA",
    "videoFramerate": 30,
    "videoDimensions": '{"width":640,"height":480}',
    "audioEnabled": True,
    "videoEnabled": True,
}


def ended(start_time, duration, reason):
    return {"startTime": start_time, "duration": duration, "reason": reason}


def outbound(connection_id="con_A"):
    return {"streamId": STREAM["id"], "participantId": connection_id, "connectionId": connection_id}


@pytest.mark.parametrize(
    ("event", "name", "members"),
    [
        (events.SessionCreated(**BASE), "sessionCreated", BASE_MEMBERS),
        (
            events.SessionDestroyed(**BASE, reason=EndReason.LAST_PARTICIPANT_LEFT),
            "sessionDestroyed",
            BASE_MEMBERS | ended(1_000, 62, "lastParticipantLeft"),
        ),
        (
            events.ParticipantJoined(**BASE, **PERSON, metadata="c%/%s"),
            "participantJoined",
            BASE_MEMBERS | PERSON_MEMBERS,
        ),
        (
            events.ParticipantLeft(**BASE, **PERSON, start_time_ms=3_999, reason=EndReason.NETWORK_DISCONNECT),
            "participantLeft",
            BASE_MEMBERS | ended(3_999, 60, "networkDisconnect") | PERSON_MEMBERS,
        ),
        (
            events.StreamPublished(**BASE, connection_id="con_A", stream=STREAM),
            "webrtcConnectionCreated",
            BASE_MEMBERS | outbound() | {"connection": "OUTBOUND"} | VIDEO_MEMBERS,
        ),
        (
            events.SubscriptionStarted(**BASE, connection_id="con_B", receiving_from="con_A", stream=STREAM),
            "webrtcConnectionCreated",
            BASE_MEMBERS | outbound("con_B") | {"connection": "INBOUND", "receivingFrom": "con_A"} | VIDEO_MEMBERS,
        ),
        (
            events.StreamUnpublished(
                **BASE, connection_id="con_A", stream=STREAM, start_time_ms=4_000, reason=EndReason.UNPUBLISH
            ),
            "webrtcConnectionDestroyed",
            BASE_MEMBERS | ended(4_000, 59, "unpublish") | outbound() | {"connection": "OUTBOUND"} | VIDEO_MEMBERS,
        ),
        (
            events.SubscriptionEnded(
                **BASE,
                connection_id="con_B",
                receiving_from="con_A",
                stream=STREAM,
                start_time_ms=4_000,
                reason=EndReason.UNSUBSCRIBE,
            ),
            "webrtcConnectionDestroyed",
            BASE_MEMBERS
            | ended(4_000, 59, "unsubscribe")
            | outbound("con_B")
            | {"connection": "INBOUND", "receivingFrom": "con_A"}
            | VIDEO_MEMBERS,
        ),
        (
            events.RecordingStatusChanged(**BASE, recording=RECORDING, reason=EndReason.RECORDING_STOPPED_BY_SERVER),
            "recordingStatusChanged",
            BASE_MEMBERS
            | {"startTime": 3_000, "duration": 58.25, "reason": "recordingStoppedByServer"}
            | {"id": "ses_A", "name": "Mine", "outputMode": "COMPOSED"}
            | {"resolution": "1280x720", "frameRate": 25, "recordingLayout": "BEST_FIT"}
            | {"hasAudio": True, "hasVideo": True, "size": 4_096, "status": "ready"},
        ),
        (
            events.SignalSent(**BASE, from_connection="con_A", type="signal:chat", data="hi"),
            "signalSent",
            BASE_MEMBERS | {"from": "con_A", "to": ["con_B", "con_C"], "type": "chat", "data": "hi"},
        ),
        (
            events.MediaNodeStatusChanged(
                timestamp_ms=1,
                cluster_id="clu_A",
                node_id="media_a",
                environment_id="a",
                ip="10.0.0.1",
                uri="ovrouter://10.0.0.1",
                new_status="running",
                old_status="launching",
            ),
            "mediaNodeStatusChanged",
            {"timestamp": 1, "id": "media_a", "environmentId": "a", "ip": "10.0.0.1", "uri": "ovrouter://10.0.0.1"}
            | {"newStatus": "running", "oldStatus": "launching", "clusterId": "clu_A"},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, events.Event) else "",
)
def test_has_the_documented_members_in_order(event, name, members):
    assert event_json(event)[0] == name
    assert list(event_json(event)[1].items()) == list(members.items())


def test_a_stream_without_video_says_nothing_of_it():
    stream = {"id": "str_MIC_Abcd_con_A", "hasAudio": True, "hasVideo": False, "frameRate": 30}
    _, members = event_json(events.StreamPublished(**BASE, connection_id="con_A", stream=stream))
    assert list(members)[-3:] == ["connection", "audioEnabled", "videoEnabled"]
    assert members["videoEnabled"] is False


def test_what_a_publisher_left_out_is_null():
    stream = {"id": "str_CAM_Abcd_con_A", "hasAudio": False, "hasVideo": True}
    _, members = event_json(events.StreamPublished(**BASE, connection_id="con_A", stream=stream))
    assert [members[name] for name in ("videoSource", "videoFramerate", "videoDimensions")] == [None] * 3


def recording_members(reason=None, **changes):
    return event_json(events.RecordingStatusChanged(**BASE, recording=RECORDING | changes, reason=reason))[1]


def test_a_recording_that_starts_has_no_reason_and_the_documented_number_of_members():
    assert "reason" not in recording_members(status="started")
    assert len(recording_members(status="started")) == 15
    assert len(recording_members(status="started", outputMode="INDIVIDUAL")) == 12


def test_only_a_picture_has_a_composition():
    for changes in ({"outputMode": "INDIVIDUAL"}, {"hasVideo": False}):
        assert "resolution" not in recording_members(**changes)


def test_a_recording_names_its_own_layout_and_media_node():
    members = recording_members(recordingLayout="CUSTOM", customLayout="mine", mediaNode={"id": "media_1"})
    assert list(members)[8:13] == ["resolution", "frameRate", "recordingLayout", "customLayout", "media_node_id"]
    assert (members["customLayout"], members["media_node_id"]) == ("mine", "media_1")


@pytest.mark.parametrize(
    ("given", "shown"), [(None, None), ("", ""), ("chat", "chat"), ("signal:", ""), ("signal:signal:x", "signal:x")]
)
def test_only_the_leading_prefix_of_a_signal_type_is_removed(given, shown):
    assert event_json(events.SignalSent(**BASE, from_connection=None, type=given, data=None))[1]["type"] == shown


def test_a_signal_of_the_server_comes_from_nobody():
    _, members = event_json(events.SignalSent(**BASE, from_connection=None, type="t", data=None))
    assert (members["from"], members["data"]) == (None, None)


def test_what_only_clients_are_told_is_not_reported():
    evicted = events.ParticipantEvicted(**BASE, connection_id="con_A", reason=EndReason.DISCONNECT)
    changed = events.ConnectionPropertyChanged(**BASE, connection_id="con_A", property="role", new_value="PUBLISHER")
    assert event_json(evicted) is None
    assert event_json(changed) is None
