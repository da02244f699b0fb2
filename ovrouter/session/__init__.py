"""The session plane: OpenVidu's rules on Sessions, Connections and streams. Cold."""

from ovrouter.session.connection import Connection
from ovrouter.session.connection_view import (
    connection_json,
    ice_server_json,
    participant_json,
    stream_json,
    token_json,
)
from ovrouter.session.nodes import Node, NodeIdentity, Nodes, NodeStatus
from ovrouter.session.properties import (
    ConnectionProperties,
    IceServer,
    KurentoOptions,
    RecordingProperties,
    Role,
    SessionProperties,
)
from ovrouter.session.registry import SessionRegistry
from ovrouter.session.requests import JoinRequest, PublishRequest, PublishResult
from ovrouter.session.room import SessionRecording
from ovrouter.session.session import Session
from ovrouter.session.stream import Stream, Subscription
from ovrouter.session.token import PROTOCOL_VERSION
from ovrouter.session.turn import TurnCredentials, mint_credentials
from ovrouter.session.view import session_json

__all__ = [
    "PROTOCOL_VERSION",
    "Connection",
    "ConnectionProperties",
    "IceServer",
    "JoinRequest",
    "KurentoOptions",
    "Node",
    "NodeIdentity",
    "NodeStatus",
    "Nodes",
    "PublishRequest",
    "PublishResult",
    "RecordingProperties",
    "Role",
    "Session",
    "SessionProperties",
    "SessionRecording",
    "SessionRegistry",
    "Stream",
    "Subscription",
    "TurnCredentials",
    "connection_json",
    "ice_server_json",
    "mint_credentials",
    "participant_json",
    "session_json",
    "stream_json",
    "token_json",
]
