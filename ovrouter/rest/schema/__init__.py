"""The bodies that requests may carry, declared (cold).

A body that does not fit raises :class:`BadParameter` with a message that names the parameter.
"""

from ovrouter.rest.schema.body import BadParameter, OutOfRange, checked_session_id, parse
from ovrouter.rest.schema.connection import ChangeBody, ConnectionKind, IpCameraBody, TokenBody, WebrtcBody
from ovrouter.rest.schema.recording import BroadcastBody, BroadcastStopBody, RecordingBody
from ovrouter.rest.schema.session import CallBody, SessionBody, SignalBody

__all__ = [
    "BadParameter",
    "BroadcastBody",
    "BroadcastStopBody",
    "CallBody",
    "ChangeBody",
    "ConnectionKind",
    "IpCameraBody",
    "OutOfRange",
    "RecordingBody",
    "SessionBody",
    "SignalBody",
    "TokenBody",
    "WebrtcBody",
    "checked_session_id",
    "parse",
]
