"""Domain events as the JSON objects of CDR and webhook, member order included (cold).

Deprecated members that the documentation hides (``uniqueSessionId``, ``participantId``) are there: consumers written
for OpenVidu 2 count on them.
"""

from __future__ import annotations

from typing import Any

from ovrouter import events
from ovrouter.events import EndReason, Event, SessionEvent

__all__ = ["Json", "event_json"]

Json = dict[str, Any]

_SIGNAL_PREFIX = "signal:"
_COMPOSED_MODES = ("COMPOSED", "COMPOSED_QUICK_START")


def event_json(event: Event) -> tuple[str, Json] | None:
    """Return name and members of *event*; None for what is not reported. Times are Unix ms, durations seconds."""
    match event:
        case events.SessionCreated():
            return "sessionCreated", _base(event)
        case events.SessionDestroyed():
            return "sessionDestroyed", _ended(event, event.session_created_at_ms, event.reason)
        case events.ParticipantJoined():
            return "participantJoined", _base(event) | _participant(event)
        case events.ParticipantLeft():
            return "participantLeft", _ended(event, event.start_time_ms, event.reason) | _participant(event)
        case events.StreamPublished() | events.SubscriptionStarted():
            return "webrtcConnectionCreated", _base(event) | _webrtc_connection(event)
        case events.StreamUnpublished() | events.SubscriptionEnded():
            ended = _ended(event, event.start_time_ms, event.reason)
            return "webrtcConnectionDestroyed", ended | _webrtc_connection(event)
        case events.SignalSent():
            return "signalSent", _base(event) | _signal(event)
        case events.MediaNodeStatusChanged():
            return "mediaNodeStatusChanged", _node_status(event)
    return _composition_json(event)


def _composition_json(event: Event) -> tuple[str, Json] | None:
    match event:
        case events.RecordingStatusChanged():
            return "recordingStatusChanged", _recording_status(event)
        case events.BroadcastStarted():
            return "broadcastStarted", _base(event)
        case events.BroadcastStopped():
            return "broadcastStopped", _ended(event, event.start_time_ms, event.reason)
    return None


def _base(event: SessionEvent) -> Json:
    return {
        "sessionId": event.session_id,
        "uniqueSessionId": f"{event.session_id}_{event.session_created_at_ms}",
        "timestamp": event.timestamp_ms,
    }


def _ended(event: SessionEvent, start_time_ms: int, reason: EndReason) -> Json:
    return _base(event) | _since(start_time_ms, event.timestamp_ms) | {"reason": reason.value}


def _since(start_time_ms: int, timestamp_ms: int) -> Json:
    return {"startTime": start_time_ms, "duration": (timestamp_ms - start_time_ms) // 1000}


def _participant(event: events.ParticipantJoined | events.ParticipantLeft) -> Json:
    return {
        "participantId": event.connection_id,
        "connectionId": event.connection_id,
        "location": event.location,
        "ip": event.ip,
        "platform": event.platform,
        "clientData": event.client_data,
        "serverData": event.server_data,
    }


def _webrtc_connection(
    event: events.StreamPublished | events.StreamUnpublished | events.SubscriptionStarted | events.SubscriptionEnded,
) -> Json:
    direction = {"connection": "OUTBOUND"}
    if isinstance(event, events.SubscriptionStarted | events.SubscriptionEnded):
        direction = {"connection": "INBOUND", "receivingFrom": event.receiving_from}
    return {
        "streamId": event.stream["id"],
        "participantId": event.connection_id,
        "connectionId": event.connection_id,
        **direction,
        **(_video(event.stream) if event.stream["hasVideo"] else {}),
        "audioEnabled": event.stream["hasAudio"],
        "videoEnabled": event.stream["hasVideo"],
    }


def _video(stream: Json) -> Json:
    return {
        "videoSource": stream.get("typeOfVideo"),
        "videoFramerate": stream.get("frameRate"),
        "videoDimensions": stream.get("videoDimensions"),
    }


def _recording_status(event: events.RecordingStatusChanged) -> Json:
    recording = event.recording
    return {
        **_base(event),
        **_since(recording["createdAt"], event.timestamp_ms),
        **({} if event.reason is None else {"reason": event.reason.value}),
        **{name: recording[name] for name in ("id", "name", "outputMode")},
        **(_composition(recording) if recording["outputMode"] in _COMPOSED_MODES and recording["hasVideo"] else {}),
        # The recording's own duration (float seconds) takes the place of the one of every ended thing.
        **{name: recording[name] for name in ("hasAudio", "hasVideo", "size", "duration", "status")},
    }


def _composition(recording: Json) -> Json:
    return {
        **{name: recording[name] for name in ("resolution", "frameRate", "recordingLayout")},
        **({"customLayout": recording["customLayout"]} if recording.get("customLayout") else {}),
        **({"media_node_id": recording["mediaNode"]["id"]} if recording.get("mediaNode") else {}),
    }


def _signal(event: events.SignalSent) -> Json:
    return {
        "from": event.from_connection,
        "to": list(event.audience),
        "type": None if event.type is None else event.type.removeprefix(_SIGNAL_PREFIX),
        "data": event.data,
    }


def _node_status(event: events.MediaNodeStatusChanged) -> Json:
    return {
        "timestamp": event.timestamp_ms,
        "id": event.node_id,
        "environmentId": event.environment_id,
        "ip": event.ip,
        "uri": event.uri,
        "newStatus": event.new_status,
        "oldStatus": event.old_status,
        "clusterId": event.cluster_id,
    }
