"""What a Session and a Connection are created with: frozen values, already validated by the edge. Cold."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

__all__ = [
    "ConnectionProperties",
    "IceServer",
    "KurentoOptions",
    "RecordingProperties",
    "Role",
    "SessionProperties",
]


class Role(Enum):
    """What a Connection may do; the value is the name on the wire."""

    SUBSCRIBER = "SUBSCRIBER"
    PUBLISHER = "PUBLISHER"
    MODERATOR = "MODERATOR"


@dataclass(frozen=True, slots=True)
class IceServer:
    """One ICE server as clients get it; TURN servers carry a user name and a credential."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KurentoOptions:
    """Bandwidth of one Connection in kbit/s, in the client's view: *recv* is what it receives. None: not given."""

    video_max_recv_bandwidth: int | None = None
    video_min_recv_bandwidth: int | None = None
    video_max_send_bandwidth: int | None = None
    video_min_send_bandwidth: int | None = None
    allowed_filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionProperties:
    """What REST asks of a new Connection."""

    role: Role = Role.PUBLISHER
    server_data: str = ""
    record: bool = True
    kurento_options: KurentoOptions | None = None
    custom_ice_servers: tuple[IceServer, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingProperties:
    """How a Session is recorded unless the start of a recording says otherwise."""

    name: str = ""
    has_audio: bool = True
    has_video: bool = True
    output_mode: str = "COMPOSED"
    recording_layout: str = "BEST_FIT"
    resolution: str = "1280x720"
    frame_rate: int = 25
    shm_size: int = 536_870_912
    """Shared memory of the composing browser in bytes."""
    custom_layout: str = ""
    ignore_failed_streams: bool = False
    media_node_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionProperties:
    """What REST asks of a new Session."""

    media_mode: str = "ROUTED"
    recording_mode: str = "MANUAL"
    custom_session_id: str = ""
    """Becomes the id of the Session; empty: a random one."""
    forced_video_codec: str | None = None
    """VP8, VP9, H264, NONE or MEDIA_SERVER_PREFERRED; None: the configured default."""
    allow_transcoding: bool | None = None
    """None: the configured default."""
    default_recording: RecordingProperties = RecordingProperties()
    media_node_id: str | None = None
