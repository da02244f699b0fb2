"""Which code and text a client sees for an error (cold).

Session errors keep their own message; the codes are those of ``OpenViduException``. Everything a client may be told is
in the table: what is not there is a defect of ours and is answered without details.
"""

from __future__ import annotations

from ovrouter import errors
from ovrouter.signaling.jsonrpc import INVALID_PARAMS, METHOD_NOT_FOUND

__all__ = [
    "AlreadyJoined",
    "InvalidParams",
    "NoParticipant",
    "NotAvailable",
    "UnknownMethod",
    "code_and_message",
]


class InvalidParams(errors.OvrouterError):
    """An element of the params is missing or has the wrong type."""


class UnknownMethod(errors.OvrouterError):
    """There is no such RPC method."""


class NoParticipant(errors.OvrouterError):
    """A method other than joinRoom on a socket that has not joined."""


class AlreadyJoined(errors.OvrouterError):
    """A second joinRoom on one JSON-RPC session."""


class NotAvailable(errors.OvrouterError):
    """The method exists in OpenVidu, but not in this server."""


_CODES: dict[type[errors.OvrouterError], int] = {
    errors.SessionNotFound: 202,
    errors.SessionClosing: 203,
    errors.NoMediaNode: 204,
    errors.TokenInvalid: 401,
    errors.RoleForbids: 401,
    errors.ConnectionNotFound: 102,
    errors.StreamNotFound: 105,
    errors.NotPublishing: 105,
    errors.AlreadyPublishing: 106,
    errors.ForcedCodecMissing: 800,
    errors.LinkNotFound: 303,
    errors.NegotiationError: 302,
    errors.SignalTargetUnknown: 601,
    errors.BadSignal: 600,
    errors.IpCameraUnpublish: 10,
    AlreadyJoined: 104,
    NoParticipant: 803,
    NotAvailable: 997,
    errors.OvrouterError: 999,
}
_PLAIN_CODES: dict[type[errors.OvrouterError], int] = {
    InvalidParams: INVALID_PARAMS,
    UnknownMethod: METHOD_NOT_FOUND,
}
"""Errors of the RPC layer: their text has no ``. Code: N``."""


def code_and_message(error: errors.OvrouterError) -> tuple[int, str]:
    """What goes into ``error.code`` and ``error.message``; a subclass has its parent's code unless listed itself."""
    for cls in type(error).__mro__:
        if cls in _PLAIN_CODES:
            return _PLAIN_CODES[cls], str(error)
        if cls in _CODES:
            return _CODES[cls], f"{error}. Code: {_CODES[cls]}"
    raise AssertionError(f"{type(error).__name__} is no OvrouterError")  # the table ends with their base class
