"""What requests may carry and answers hold, declared (cold).

A body or query that does not fit raises :class:`BadParameter` with a message that names the parameter.
"""

from ovrouter.rest.schema.answers import (
    ConnectionAnswer,
    ConnectionsAnswer,
    ErrorAnswer,
    HealthAnswer,
    MediaNodeAnswer,
    MediaNodesAnswer,
    QualityAnswer,
    QualitySampleAnswer,
    RecordingAnswer,
    RecordingsAnswer,
    SessionAnswer,
    SessionsAnswer,
    SubscriptionQualityAnswer,
    TokenAnswer,
)
from ovrouter.rest.schema.body import BadParameter, OutOfRange, checked_session_id, parse
from ovrouter.rest.schema.connection import ChangeBody, ConnectionKind, IpCameraBody, TokenBody, WebrtcBody
from ovrouter.rest.schema.media_node import ModelBody, NodeAddition, NodeBody, NodeChange, NodeDeletion, NodeDetails
from ovrouter.rest.schema.query import ConnectionQuery, ConnectionsQuery, QualityQuery, SessionQuery
from ovrouter.rest.schema.recording import (
    BroadcastBody,
    BroadcastStopBody,
    RecordedSession,
    RecordingBody,
    StartRecordingBody,
)
from ovrouter.rest.schema.session import CallBody, SessionBody, SignalBody

__all__ = [
    "BadParameter",
    "BroadcastBody",
    "BroadcastStopBody",
    "CallBody",
    "ChangeBody",
    "ConnectionAnswer",
    "ConnectionKind",
    "ConnectionQuery",
    "ConnectionsAnswer",
    "ConnectionsQuery",
    "ErrorAnswer",
    "HealthAnswer",
    "IpCameraBody",
    "MediaNodeAnswer",
    "MediaNodesAnswer",
    "ModelBody",
    "NodeAddition",
    "NodeBody",
    "NodeChange",
    "NodeDeletion",
    "NodeDetails",
    "OutOfRange",
    "QualityAnswer",
    "QualityQuery",
    "QualitySampleAnswer",
    "RecordedSession",
    "RecordingAnswer",
    "RecordingBody",
    "RecordingsAnswer",
    "SessionAnswer",
    "SessionBody",
    "SessionQuery",
    "SessionsAnswer",
    "SignalBody",
    "StartRecordingBody",
    "SubscriptionQualityAnswer",
    "TokenAnswer",
    "TokenBody",
    "WebrtcBody",
    "checked_session_id",
    "parse",
]
