"""Bodies about Connections (cold)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ovrouter.ice_url import check_ice_server
from ovrouter.rest.schema.body import BadParameter, Number
from ovrouter.session import ConnectionProperties, IceServer, KurentoOptions, Role, mint_credentials

__all__ = ["ChangeBody", "ConnectionKind", "IpCameraBody", "TokenBody", "WebrtcBody"]


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


class ClientBody(Struct, rename="camel"):
    """What a client may do, and what it is told."""

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


class WebrtcBody(ClientBody, rename="camel"):
    """A Connection for a client."""

    type: Literal["WEBRTC"] | None = None


class IpCameraBody(Struct, rename="camel"):
    """A Connection for an IP camera."""

    type: Literal["IPCAM"]
    rtsp_uri: Annotated[str, Meta(pattern=r"^(file|rtsps?|https?):[^\s]+\Z")]
    data: str | None = None
    record: bool | None = None
    adaptative_bitrate: bool | None = None
    only_play_with_subscribers: bool | None = None
    network_cache: Number | None = None


class TokenBody(ClientBody, kw_only=True, rename="camel"):
    """A Connection for a client, asked for the deprecated way."""

    session: str
    type: Literal["WEBRTC", "IPCAM"] | None = None


class ChangeBody(Struct):
    """What to change about a Connection."""

    role: Role | None = None
    record: bool | None = None


def _integer(number: float | str | None) -> int | None:
    return None if number is None else int(number)
