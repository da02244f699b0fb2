"""The JSON objects of answers, declared for the OpenAPI document (cold).

They are built elsewhere (``session/view.py``, ``connection_view.py``); tests hold what is built against what is
declared here. ``UNSET`` is the default of members that may be left out.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

from ovrouter.rest.schema.body import MediaNodeSelector

__all__ = [
    "ConnectionAnswer",
    "ConnectionsAnswer",
    "ErrorAnswer",
    "HealthAnswer",
    "MediaNodeAnswer",
    "MediaNodesAnswer",
    "QualityAnswer",
    "QualitySampleAnswer",
    "RecordingAnswer",
    "RecordingsAnswer",
    "SessionAnswer",
    "SessionsAnswer",
    "SubscriptionQualityAnswer",
    "TokenAnswer",
]


class Answer(Struct, rename="camel", forbid_unknown_fields=True):
    """Members in camel case, no others than those declared."""


class ErrorAnswer(Answer):
    """What is wrong with a request."""

    timestamp: int
    status: int
    error: str
    message: str
    path: str


class RecordingPropertiesAnswer(Answer):
    """How a Session is recorded unless the start of a recording says otherwise."""

    name: str
    has_audio: bool
    has_video: bool
    output_mode: str
    recording_layout: str | UnsetType = UNSET
    resolution: str | UnsetType = UNSET
    frame_rate: int | UnsetType = UNSET
    shm_size: int | UnsetType = UNSET
    custom_layout: str | UnsetType = UNSET
    ignore_failed_streams: bool | UnsetType = UNSET
    media_node: MediaNodeSelector | UnsetType = UNSET


class RecordingAnswer(Answer):
    """A recording. ``createdAt`` is in Unix milliseconds, ``size`` in bytes, ``duration`` in seconds."""

    id: str
    object: Literal["recording"]
    name: str
    output_mode: str
    session_id: str
    created_at: int
    size: int
    duration: float
    url: str | None
    has_audio: bool
    has_video: bool
    status: Literal["starting", "started", "stopped", "ready", "failed"]
    resolution: str | UnsetType = UNSET
    frame_rate: int | UnsetType = UNSET
    recording_layout: str | UnsetType = UNSET
    custom_layout: str | UnsetType = UNSET


class RecordingsAnswer(Answer):
    """All recordings."""

    count: int
    items: list[RecordingAnswer]


class KurentoOptionsAnswer(Answer):
    """Bandwidth in kbit/s and permitted filters, as far as given."""

    video_max_recv_bandwidth: int | UnsetType = UNSET
    video_min_recv_bandwidth: int | UnsetType = UNSET
    video_max_send_bandwidth: int | UnsetType = UNSET
    video_min_send_bandwidth: int | UnsetType = UNSET
    allowed_filters: list[str] | UnsetType = UNSET


class IceServerAnswer(Answer):
    """A STUN or TURN server."""

    url: str
    username: str | UnsetType = UNSET
    credential: str | UnsetType = UNSET


class MediaOptionsAnswer(Answer):
    """What a stream is made of."""

    has_audio: bool
    has_video: bool
    filter: dict[str, Any]
    audio_active: bool | UnsetType = UNSET
    video_active: bool | UnsetType = UNSET
    type_of_video: str | UnsetType | None = UNSET
    frame_rate: int | UnsetType | None = UNSET
    video_dimensions: str | UnsetType | None = UNSET


class CandidateAnswer(Answer):
    """An ICE candidate."""

    candidate: str
    sdp_mid: str
    sdp_mline_index: int = field(name="sdpMLineIndex")


class EndpointAnswer(Answer):
    """A stream of a Connection; all but its creation and id with ``webRtcStats=true``, while its link is open."""

    created_at: int
    stream_id: str
    webrtc_endpoint_name: str | UnsetType = UNSET
    remote_sdp: str | UnsetType = UNSET
    local_sdp: str | UnsetType = UNSET
    client_ice_candidates: list[CandidateAnswer] | UnsetType = UNSET
    server_ice_candidates: list[CandidateAnswer] | UnsetType = UNSET
    local_candidate: str | UnsetType | None = UNSET
    remote_candidate: str | UnsetType | None = UNSET
    events: list[dict[str, Any]] | UnsetType = UNSET
    counters: dict[str, int] | UnsetType = UNSET


class PublisherAnswer(EndpointAnswer, kw_only=True):
    """A stream that a Connection publishes."""

    media_options: MediaOptionsAnswer


class ConnectionAnswer(Answer):
    """A Connection. What only a client brings is null until one has joined."""

    id: str
    object: Literal["connection"]
    status: Literal["pending", "active"]
    connection_id: str
    session_id: str
    created_at: int
    active_at: int | None
    location: str | None
    ip: str | None
    platform: str | None
    token: str | None
    type: Literal["WEBRTC", "IPCAM"]
    record: bool
    role: Literal["SUBSCRIBER", "PUBLISHER", "MODERATOR"] | None
    kurento_options: KurentoOptionsAnswer | None
    custom_ice_servers: list[IceServerAnswer]
    rtsp_uri: str | None
    adaptative_bitrate: bool | None
    only_play_with_subscribers: bool | None
    network_cache: int | None
    server_data: str
    client_data: str | None
    publishers: list[PublisherAnswer] | None
    subscribers: list[EndpointAnswer] | None


class ConnectionsAnswer(Answer):
    """Connections of a Session."""

    number_of_elements: int
    content: list[ConnectionAnswer]


class SessionAnswer(Answer):
    """A Session."""

    id: str
    object: Literal["session"]
    session_id: str
    created_at: int
    recording: bool
    broadcasting: bool
    media_mode: Literal["ROUTED", "RELAYED"]
    recording_mode: Literal["ALWAYS", "MANUAL"]
    default_recording_properties: RecordingPropertiesAnswer
    custom_session_id: str
    forced_video_codec: Literal["MEDIA_SERVER_PREFERRED", "NONE", "VP8", "VP9", "H264"]
    allow_transcoding: bool
    connections: ConnectionsAnswer
    media_node: MediaNodeSelector | UnsetType = UNSET
    media_node_id: str | UnsetType = UNSET


class SessionsAnswer(Answer):
    """All Sessions."""

    number_of_elements: int
    content: list[SessionAnswer]


class TokenAnswer(Answer):
    """A token, as before there were Connections."""

    id: str
    token: str
    connection_id: str
    created_at: int
    session: str
    role: Literal["SUBSCRIBER", "PUBLISHER", "MODERATOR"]
    data: str
    record: bool
    kurento_options: KurentoOptionsAnswer | UnsetType = UNSET


class NodeInfoAnswer(Answer):
    """The process of a media node; memory in MiB."""

    memory: float
    version: str
    capabilities: str
    modules: list[dict[str, Any]]


class MediaNodeAnswer(Answer):
    """A media node; load in percent of all cores."""

    id: str
    object: Literal["mediaNode"]
    environment_id: str
    ip: str
    uri: str
    launching_time: int
    connected: bool
    connection_time: int
    load: float
    status: Literal["launching", "canceled", "running", "waiting-idle-to-terminate", "terminating", "terminated"]
    disconnection_time: int | UnsetType = UNSET
    sessions: list[SessionAnswer] | UnsetType = UNSET
    recording_ids: list[str] | UnsetType = UNSET
    broadcasts: list[str] | UnsetType = UNSET
    kurento_info: NodeInfoAnswer | UnsetType = UNSET


class MediaNodesAnswer(Answer):
    """Media nodes of the cluster."""

    number_of_elements: int
    content: list[MediaNodeAnswer]


class HealthAnswer(Answer):
    """Whether media can be routed."""

    status: Literal["UP", "UNSTABLE", "DOWN"]
    disconnected_media_nodes: list[str]


class LayerAnswer(Answer):
    """See ``ovrouter.medianode.Layer``."""

    spatial: int
    temporal: int


class QualitySampleAnswer(Answer):
    """One second of one subscription; see ``ovrouter.medianode.QualitySample``."""

    at_ms: int
    estimate_kbps: int
    sent_kbps: int
    loss_percent: int
    round_trip_ms: int
    layer: LayerAnswer | None
    wanted_layer: LayerAnswer | None
    reason: str
    keyframe_requests: int
    freezes: int


class SubscriptionQualityAnswer(Answer):
    """The last seconds of one subscription, oldest first."""

    connection_id: str
    stream_id: str
    samples: list[QualitySampleAnswer]


class QualityAnswer(Answer):
    """The subscriptions of a Session."""

    session_id: str
    active_speaker: str | None
    """Id of the Connection that speaks; null if nobody has for a while."""
    subscriptions: list[SubscriptionQualityAnswer]
