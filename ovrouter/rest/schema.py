"""The bodies that requests may carry, declared (cold).

Names are those on the wire, in snake case. Members that are not listed are ignored, null is as good as absent. A body
that does not fit raises :class:`BadParameter` with a message that names the parameter.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from ovrouter.rest.ice_url import check_ice_server
from ovrouter.session import (
    ConnectionProperties,
    IceServer,
    KurentoOptions,
    RecordingProperties,
    Role,
    SessionProperties,
    mint_credentials,
)

__all__ = [
    "BadParameter",
    "CallBody",
    "ChangeBody",
    "ConnectionKind",
    "IpCameraBody",
    "SessionBody",
    "SignalBody",
    "TokenBody",
    "WebrtcBody",
    "parse",
]

MAX_INT32 = 2**31 - 1
MAX_SESSION_ID = 200
"""It becomes part of URLs and, with a suffix, of file names (255 bytes on Linux)."""
MAX_NAME = 200
"""A person's name on the call page."""
MIN_SHM_BYTES = 128 * 1024 * 1024
"""Below, the composing browser crashes."""

_SESSION_ID = re.compile(r"[a-zA-Z0-9_-]+")
_RESOLUTION = re.compile(r"([1-9][0-9]{2}|1[0-9]{3})x([1-9][0-9]{2}|1[0-9]{3})")
_NULL = Raw(b"null")

Number: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_INT32)] | Annotated[str, Meta(pattern=r"^[0-9]{1,9}\Z")]
"""OpenVidu takes numeric strings for some numbers."""

T = TypeVar("T", bound=Struct)


class BadParameter(Exception):
    """A request says something it may not; the message names the parameter."""


def parse(body: bytes | Raw, shape: type[T]) -> T:
    """Return JSON text as *shape*. Empty text and null are an empty object. Raises BadParameter."""
    text = bytes(body).strip()
    try:
        return msgspec.json.decode(b"{}" if text in {b"", b"null"} else text, type=shape)
    except msgspec.ValidationError as error:
        raise BadParameter(f"Type error in some parameter: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadParameter(f"The body is not valid JSON: {error}") from error


class MediaNodeSelector(Struct):
    """Names the media node to use."""

    id: str


class RecordingBody(Struct, rename="camel"):
    """How to record."""

    name: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_~-]*\Z")] | None = None
    has_audio: bool | None = None
    has_video: bool | None = None
    output_mode: Literal["COMPOSED", "INDIVIDUAL", "COMPOSED_QUICK_START"] | None = None
    recording_layout: (
        Literal["BEST_FIT", "CUSTOM", "PICTURE_IN_PICTURE", "VERTICAL_PRESENTATION", "HORIZONTAL_PRESENTATION"] | None
    ) = None
    custom_layout: str | None = None
    resolution: str | None = None
    frame_rate: Annotated[int, Meta(ge=1, le=120)] | None = None
    shm_size: Annotated[int, Meta(ge=MIN_SHM_BYTES)] | None = None
    ignore_failed_streams: bool | None = None
    media_node: MediaNodeSelector | None = None

    def to_properties(self) -> RecordingProperties:
        """Fill in the defaults. Raises BadParameter for values that contradict each other."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        given.pop("media_node", None)
        properties = RecordingProperties(**given, media_node_id=self.media_node.id if self.media_node else None)
        if not (properties.has_audio or properties.has_video):
            raise BadParameter("Parameters 'hasAudio' and 'hasVideo' cannot both be false")
        is_composed_video = properties.output_mode != "INDIVIDUAL" and properties.has_video
        if is_composed_video and not _RESOLUTION.fullmatch(properties.resolution):
            raise BadParameter("Parameter 'resolution' must be WIDTHxHEIGHT, each from 100 to 1999")
        return properties


class SessionBody(Struct, rename="camel"):
    """A Session to create."""

    media_mode: Literal["ROUTED", "RELAYED"] | None = None
    recording_mode: Literal["ALWAYS", "MANUAL"] | None = None
    custom_session_id: str | None = None
    forced_video_codec: Literal["MEDIA_SERVER_PREFERRED", "NONE", "VP8", "VP9", "H264"] | None = None
    allow_transcoding: bool | None = None
    media_node: MediaNodeSelector | None = None
    default_recording_properties: Raw = _NULL

    def to_properties(self) -> SessionProperties:
        """Raises BadParameter."""
        return SessionProperties(
            media_mode=self.media_mode or "ROUTED",
            recording_mode=self.recording_mode or "MANUAL",
            custom_session_id=checked_session_id(self.custom_session_id or "", "customSessionId"),
            forced_video_codec=self.forced_video_codec,
            allow_transcoding=self.allow_transcoding,
            default_recording=self._default_recording(),
            media_node_id=self.media_node.id if self.media_node else None,
        )

    def _default_recording(self) -> RecordingProperties:
        try:
            return parse(self.default_recording_properties, RecordingBody).to_properties()
        except BadParameter as error:
            raise BadParameter(f"Parameter 'defaultRecordingProperties' is not valid: {error}") from error


class KurentoBody(Struct, rename="camel"):
    """Bandwidth in kbit/s, as the client sees it, and permitted filters."""

    video_max_recv_bandwidth: Number | None = None
    video_min_recv_bandwidth: Number | None = None
    video_max_send_bandwidth: Number | None = None
    video_min_send_bandwidth: Number | None = None
    allowed_filters: list[str] | None = None

    def to_options(self) -> KurentoOptions:
        """Turn numeric strings into numbers."""
        return KurentoOptions(
            _integer(self.video_max_recv_bandwidth),
            _integer(self.video_min_recv_bandwidth),
            _integer(self.video_max_send_bandwidth),
            _integer(self.video_min_send_bandwidth),
            tuple(self.allowed_filters or ()),
        )


class IceServerBody(Struct, rename="camel"):
    """A STUN or TURN server for one client."""

    url: str
    username: str | None = None
    credential: str | None = None
    static_auth_secret: str | None = None

    def to_ice_server(self, now_ms: int) -> IceServer:
        """Mint credentials if the server's secret is given. Raises BadParameter."""
        try:
            check_ice_server(self.url, self.username, self.credential, self.static_auth_secret)
        except ValueError as error:
            raise BadParameter(f"Parameter 'customIceServers' is not valid: {error}") from error
        if self.static_auth_secret is None:
            return IceServer(self.url, self.username, self.credential)
        turn = mint_credentials(self.static_auth_secret, now_ms)
        return IceServer(self.url, turn.username, turn.credential)


class ConnectionKind(Struct):
    """What decides which other members count."""

    type: Literal["WEBRTC", "IPCAM"] | None = None


class WebrtcBody(Struct, rename="camel"):
    """A Connection for a client."""

    data: str | None = None
    record: bool | None = None
    role: Role | None = None
    kurento_options: KurentoBody | None = None
    custom_ice_servers: list[IceServerBody] | None = None

    def to_properties(self, now_ms: int) -> ConnectionProperties:
        """Raises BadParameter. *now_ms* (Unix time) dates minted credentials."""
        return ConnectionProperties(
            role=self.role or Role.PUBLISHER,
            server_data=self.data or "",
            record=self.record is not False,
            kurento_options=self.kurento_options.to_options() if self.kurento_options else None,
            custom_ice_servers=tuple(server.to_ice_server(now_ms) for server in self.custom_ice_servers or ()),
        )


class IpCameraBody(Struct, rename="camel"):
    """A Connection for an IP camera."""

    rtsp_uri: Annotated[str, Meta(pattern=r"^(file|rtsps?|https?):[^\s]+\Z")]
    data: str | None = None
    record: bool | None = None
    adaptative_bitrate: bool | None = None
    only_play_with_subscribers: bool | None = None
    network_cache: Number | None = None


class TokenBody(WebrtcBody, kw_only=True, rename="camel"):
    """A Connection for a client, asked for the deprecated way."""

    session: str
    type: Literal["WEBRTC", "IPCAM"] | None = None


class ChangeBody(Struct):
    """What to change about a Connection."""

    role: Role | None = None
    record: bool | None = None


class SignalBody(Struct):
    """A signal to some or all clients of a Session."""

    session: str
    to: list[str] | None = None
    type: str | None = None
    data: str | None = None


class CallBody(Struct):
    """Someone on the call page wants to come in."""

    session: Annotated[str, Meta(max_length=MAX_SESSION_ID)]
    name: Annotated[str, Meta(max_length=MAX_NAME)] = ""


def checked_session_id(session_id: str, parameter: str) -> str:
    """Return *session_id*, which may be empty. Raises BadParameter."""
    if session_id and not _SESSION_ID.fullmatch(session_id):
        raise BadParameter(
            f"Some parameter is not valid. Parameter '{parameter}' is wrong. "
            "Must be an alphanumeric string [a-zA-Z0-9_-]"
        )
    if len(session_id) > MAX_SESSION_ID:
        raise BadParameter(f"Parameter '{parameter}' is longer than {MAX_SESSION_ID} characters")
    return session_id


def _integer(number: int | str | None) -> int | None:
    return None if number is None else int(number)
