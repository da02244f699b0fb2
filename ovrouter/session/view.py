"""Sessions as OpenVidu's JSON, member order included. Cold."""

from __future__ import annotations

from ovrouter.session.connection_view import Json, connection_json
from ovrouter.session.properties import RecordingProperties
from ovrouter.session.session import Session

__all__ = ["session_json"]

_COMPOSED_MODES = ("COMPOSED", "COMPOSED_QUICK_START")


def session_json(session: Session, *, pending_connections: bool = False) -> Json:
    """The Session object of REST; its Connections are the active ones, and the pending ones if asked for."""
    connections = [*session.visible_connections, *(session.pending.values() if pending_connections else ())]
    properties = session.properties
    return {
        "id": session.id,
        "object": "session",
        "sessionId": session.id,
        "createdAt": session.created_at_ms,
        "recording": session.recording is not None,
        "broadcasting": session.is_broadcast,
        "mediaMode": properties.media_mode,
        "recordingMode": properties.recording_mode,
        "defaultRecordingProperties": _recording_properties_json(properties.default_recording),
        "customSessionId": properties.custom_session_id,
        **_media_node_json(properties.media_node_id),
        "forcedVideoCodec": session.forced_video_codec,
        "allowTranscoding": session.allow_transcoding,
        "connections": {
            "numberOfElements": len(connections),
            "content": [connection_json(connection) for connection in connections],
        },
        **({} if session.media_node_id is None else {"mediaNodeId": session.media_node_id}),
    }


def _recording_properties_json(recording: RecordingProperties) -> Json:
    return {
        "name": recording.name,
        "hasAudio": recording.has_audio,
        "hasVideo": recording.has_video,
        "outputMode": recording.output_mode,
        **(_composition_json(recording) if recording.output_mode in _COMPOSED_MODES and recording.has_video else {}),
        **({"ignoreFailedStreams": recording.ignore_failed_streams} if recording.output_mode == "INDIVIDUAL" else {}),
        **_media_node_json(recording.media_node_id),
    }


def _composition_json(recording: RecordingProperties) -> Json:
    return {
        "recordingLayout": recording.recording_layout,
        "resolution": recording.resolution,
        "frameRate": recording.frame_rate,
        "shmSize": recording.shm_size,
        **({"customLayout": recording.custom_layout} if recording.recording_layout == "CUSTOM" else {}),
    }


def _media_node_json(media_node_id: str | None) -> Json:
    return {} if media_node_id is None else {"mediaNode": {"id": media_node_id}}
