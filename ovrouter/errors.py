"""One exception class per cause (contract: standard library only).

The tree, so that nobody has to guess what to catch::

    OvrouterError
    ├── ConfigError              a setting is wrong; lists every problem
    ├── NotFound
    │   ├── SessionNotFound
    │   ├── ConnectionNotFound
    │   ├── StreamNotFound
    │   ├── RecordingNotFound
    │   └── NodeNotFound
    ├── Conflict
    │   ├── SessionExists
    │   ├── SessionClosing
    │   ├── TooManyPendingConnections
    │   ├── AlreadyPublishing
    │   ├── NotPublishing
    │   ├── AlreadyBroadcast
    │   ├── NotBroadcast
    │   ├── AlreadyRecording
    │   ├── RecordingStarting
    │   ├── RecordingUnderWay
    │   ├── NobodyConnected
    │   ├── NodeExists
    │   └── NodeStatusUnreachable
    ├── Refused                  the caller may not do this
    │   ├── TokenInvalid
    │   ├── RoleForbids
    │   └── IpCameraUnpublish
    ├── BadSignal
    │   └── SignalTargetUnknown
    ├── NoMediaNode
    ├── NodeUnreachable
    ├── TapRefused
    ├── TraceUnreadable
    ├── RecordingFailed
    ├── CompositionFailed
    └── NegotiationError         an SDP we cannot work with
        ├── SdpMalformed
        ├── ForcedCodecMissing
        └── LinkNotFound

Messages are written for the person who has to act on them; the edges (``rest/errors.py``, ``signaling/errors.py``)
map classes to status and code.
"""

from __future__ import annotations

__all__ = [
    "AlreadyBroadcast",
    "AlreadyPublishing",
    "AlreadyRecording",
    "BadSignal",
    "CompositionFailed",
    "ConfigError",
    "Conflict",
    "ConnectionNotFound",
    "ForcedCodecMissing",
    "IpCameraUnpublish",
    "LinkNotFound",
    "NegotiationError",
    "NoMediaNode",
    "NobodyConnected",
    "NodeExists",
    "NodeNotFound",
    "NodeStatusUnreachable",
    "NodeUnreachable",
    "NotBroadcast",
    "NotFound",
    "NotPublishing",
    "OvrouterError",
    "RecordingFailed",
    "RecordingNotFound",
    "RecordingStarting",
    "RecordingUnderWay",
    "Refused",
    "RoleForbids",
    "SdpMalformed",
    "SessionClosing",
    "SessionExists",
    "SessionNotFound",
    "SignalTargetUnknown",
    "StorageFailed",
    "StreamNotFound",
    "TapRefused",
    "TokenInvalid",
    "TooManyPendingConnections",
    "TraceUnreadable",
]


class OvrouterError(Exception):
    """Base of everything ovrouter raises on purpose."""


class ConfigError(OvrouterError):
    """One or more settings are wrong; ``problems`` holds one line for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NotFound(OvrouterError):
    """Something named by an id does not exist."""


class SessionNotFound(NotFound):
    """No Session has this id."""


class ConnectionNotFound(NotFound):
    """The Session has no such Connection."""


class StreamNotFound(NotFound):
    """The Session has no such stream."""


class RecordingNotFound(NotFound):
    """There is no such recording, or none that is under way."""


class NodeNotFound(NotFound):
    """The cluster has no such media node."""


class Conflict(OvrouterError):
    """The state of things does not allow this now."""


class SessionExists(Conflict):
    """The customSessionId is taken."""


class SessionClosing(Conflict):
    """The Session is being closed."""


class TooManyPendingConnections(Conflict):
    """The Session has as many unused tokens as it may have."""


class AlreadyPublishing(Conflict):
    """The Connection publishes a stream already."""


class NotPublishing(Conflict):
    """The Connection publishes nothing."""


class NodeExists(Conflict):
    """The media node belongs to the cluster already."""


class NodeStatusUnreachable(Conflict):
    """A media node cannot go from its status to the one asked for."""


class AlreadyRecording(Conflict):
    """The Session is being recorded, or its media mode does not allow that."""


class RecordingStarting(Conflict):
    """The recording has not started yet, so it cannot be stopped."""


class RecordingUnderWay(Conflict):
    """The recording has to be stopped before it can be deleted."""


class NobodyConnected(Conflict):
    """There is nobody in the Session to be recorded."""


class Refused(OvrouterError):
    """The caller is not allowed to do this."""


class TokenInvalid(Refused):
    """The token is unknown or used up."""


class RoleForbids(Refused):
    """The role of the Connection does not permit the operation."""


class IpCameraUnpublish(Refused):
    """The stream of an IP camera ends only with its Connection."""


class BadSignal(OvrouterError):
    """A signal that is not a JSON object of the documented shape."""


class SignalTargetUnknown(BadSignal):
    """A signal is addressed to a Connection that is not in the Session."""


class NoMediaNode(OvrouterError):
    """No media node can take the Session."""


class TapRefused(OvrouterError):
    """The consumer of a tap does not take it."""


class TraceUnreadable(OvrouterError):
    """A file is not a trace, or not as it was written."""


class NodeUnreachable(OvrouterError):
    """There is no media node where one is said to be."""


class AlreadyBroadcast(Conflict):
    """The Session is being broadcast."""


class NotBroadcast(Conflict):
    """The Session is not being broadcast."""


class CompositionFailed(OvrouterError):
    """A composed recording or broadcast cannot be written; the message says what the file system or server said."""


class RecordingFailed(OvrouterError):
    """A recording could not be started, or not be finished."""


class StorageFailed(OvrouterError):
    """A recording cannot be stored where it is to be kept, or not be removed from there."""


class NegotiationError(OvrouterError):
    """An SDP exchange failed."""


class SdpMalformed(NegotiationError):
    """The SDP does not parse or lacks what a WebRTC peer must send."""


class ForcedCodecMissing(NegotiationError):
    """The Session forces a video codec that the SDP does not offer."""


class LinkNotFound(NegotiationError):
    """The media node has no such link (it was closed meanwhile)."""
