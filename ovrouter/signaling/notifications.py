"""Domain events as client notifications (cold)."""

from __future__ import annotations

from typing import Any

from ovrouter import events
from ovrouter.signaling.jsonrpc import encode_notification, encode_value

__all__ = ["notification_text"]

Notification = tuple[str, dict[str, Any]]

_SIGNAL_PREFIX = "signal:"


def notification_text(event: events.Event) -> str | None:
    """The frame that tells *event* to a client; None for events that clients are not told."""
    notification = _notification(event)
    return encode_notification(*notification) if notification else None


def _notification(event: events.Event) -> Notification | None:
    match event:
        case events.ParticipantJoined():
            joined = {"id": event.connection_id, "createdAt": event.timestamp_ms, "metadata": event.metadata}
            return "participantJoined", joined
        case events.ParticipantLeft():
            return "participantLeft", _ended(event)
        case events.ParticipantEvicted():
            return "participantEvicted", _ended(event)
        case events.StreamPublished():
            return "participantPublished", {"id": event.connection_id, "streams": [event.stream]}
        case events.StreamUnpublished():
            return "participantUnpublished", _ended(event)
        case events.StreamPropertyChanged():
            return "streamPropertyChanged", _stream_property(event)
        case events.ConnectionPropertyChanged():
            value = event.new_value if isinstance(event.new_value, str) else encode_value(event.new_value)
            return "connectionPropertyChanged", {"property": event.property, "newValue": value}
        case events.SignalSent():
            return "sendMessage", {"data": event.data, "type": _signal_type(event), "from": event.from_connection}
    return _of_media(event)


def _of_media(event: events.Event) -> Notification | None:
    match event:
        case events.SubscriberMustReconnect():
            return "forciblyReconnectSubscriber", _offer(event)
        case events.NetworkQualityChanged():
            return "networkQualityLevelChanged", _network_quality(event)
        case events.BroadcastStarted():
            return "broadcastStarted", {}
        case events.BroadcastStopped():
            return "broadcastStopped", {"reason": event.reason.value}
        case events.RecordingStatusChanged():
            return _recording(event)
    return None


def _ended(event: events.ParticipantLeft | events.ParticipantEvicted | events.StreamUnpublished) -> dict[str, Any]:
    # openvidu-browser up to 2.2 knows the Connection as "name".
    return {"connectionId": event.connection_id, "name": event.connection_id, "reason": event.reason.value}


def _stream_property(event: events.StreamPropertyChanged) -> dict[str, Any]:
    # The browser takes a filter as it is and parses the JSON text of everything else: `true` would read as false.
    value = event.new_value if event.property == "filter" else encode_value(event.new_value)
    return {
        "connectionId": event.connection_id,
        "streamId": event.stream_id,
        "property": event.property,
        "newValue": value,
        "reason": event.reason,
    }


def _network_quality(event: events.NetworkQualityChanged) -> dict[str, Any]:
    return {"connectionId": event.connection_id, "newValue": event.new_level, "oldValue": event.old_level}


def _recording(event: events.RecordingStatusChanged) -> Notification | None:
    told = {"id": event.recording["id"], "name": event.recording["name"]}
    match event.recording["status"]:
        case "started":
            return "recordingStarted", told
        case "stopped":
            return "recordingStopped", told | {"reason": event.reason.value if event.reason else None}
    return None


def _offer(event: events.SubscriberMustReconnect) -> dict[str, Any]:
    return {"connectionId": event.connection_id, "streamId": event.stream_id, "sdpOffer": event.sdp_offer}


def _signal_type(event: events.SignalSent) -> str | None:
    # Clients prefix their types themselves. REST callers do not, yet listeners are registered for the prefixed name.
    if event.from_connection is not None or event.type is None or event.type.startswith(_SIGNAL_PREFIX):
        return event.type
    return _SIGNAL_PREFIX + event.type
