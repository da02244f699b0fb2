"""A Connection: one participant of a Session, from its creation by REST to its end. Cold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ovrouter.session.properties import IceServer, KurentoOptions, Role
from ovrouter.session.stream import Stream, Subscription
from ovrouter.session.turn import TurnCredentials

__all__ = ["Connection"]


@dataclass(slots=True, eq=False)
class Connection:
    """Pending until a client joins with its token, then active until it leaves."""

    id: str
    session_id: str
    created_at_ms: int
    token: str = field(repr=False)
    """The full token URL."""
    token_value: str = field(repr=False)
    role: Role
    record: bool
    server_data: str
    kurento_options: KurentoOptions | None
    custom_ice_servers: tuple[IceServer, ...]
    """Those of REST or the configuration."""
    turn: TurnCredentials
    ice_servers: tuple[IceServer, ...]
    """What the client is told: the custom ones, else our own TURN server."""
    is_insecure: bool = False
    """Joined with the server's secret: passes every role check."""
    is_internal: bool = False
    """Recorder or speech engine: nobody is told of it and it keeps no Session alive."""
    active_at_ms: int | None = None
    client_data: str = ""
    ip: str = ""
    platform: str = "unknown"
    location: str = "unknown"
    publishing: Stream | None = None
    """The stream whose first negotiation is under way."""
    stream: Stream | None = None
    """The published stream."""
    downlinks: dict[str, Subscription] = field(default_factory=dict)
    """By stream id, negotiations under way included."""

    @property
    def is_active(self) -> bool:
        """Whether a client joined with it."""
        return self.active_at_ms is not None

    @property
    def metadata(self) -> str:
        """``clientData%/%serverData``, or the one that is not empty."""
        return "%/%".join(data for data in (self.client_data, self.server_data) if data)

    @property
    def subscriptions(self) -> Mapping[str, Subscription]:
        """Established subscriptions by stream id."""
        return {id_: subscription for id_, subscription in self.downlinks.items() if subscription.is_established}

    @property
    def may_publish(self) -> bool:
        """Whether role or secret permit publishing."""
        return self.is_insecure or self.role is not Role.SUBSCRIBER

    @property
    def may_moderate(self) -> bool:
        """Whether role or secret permit acting on others."""
        return self.is_insecure or self.role is Role.MODERATOR
