"""Identifiers in OpenVidu's formats (contract: standard library only). All randomness is cryptographic."""

from __future__ import annotations

import secrets
import string

__all__ = [
    "connection_id",
    "event_id",
    "rpc_session_id",
    "session_id",
    "stream_id",
    "token_value",
    "turn_username_suffix",
]

_UPPER = string.ascii_uppercase
_ALNUM = string.ascii_letters + string.digits
_BASE32_LOWER = "abcdefghijklmnopqrstuvwxyz234567"


def session_id() -> str:
    """``ses_`` + one upper-case letter + nine alphanumerics."""
    return "ses_" + _letter_then_alnum(9)


def connection_id() -> str:
    """``con_`` + one upper-case letter + nine alphanumerics."""
    return "con_" + _letter_then_alnum(9)


def token_value() -> str:
    """``tok_`` + one upper-case letter + fifteen alphanumerics (about 94 bits)."""
    return "tok_" + _letter_then_alnum(15)


def stream_id(media_type: str, connection: str) -> str:
    """``str_CAM_Xabc_con_…``; *media_type* is CAMERA, SCREEN, CUSTOM, IPCAM or MICRO."""
    return f"str_{media_type[:3]}_{_letter_then_alnum(3)}_{connection}"


def event_id() -> str:
    """``evt_`` + one upper-case letter + twenty-one alphanumerics (about 129 bits): unique without asking anybody."""
    return "evt_" + _letter_then_alnum(21)


def rpc_session_id() -> str:
    """Id of a JSON-RPC session: 130 random bits in lower-case base 32."""
    return "".join(secrets.choice(_BASE32_LOWER) for _ in range(26))


def turn_username_suffix() -> str:
    """Eight alphanumerics that make a TURN username unique."""
    return "".join(secrets.choice(_ALNUM) for _ in range(8))


def _letter_then_alnum(count: int) -> str:
    return secrets.choice(_UPPER) + "".join(secrets.choice(_ALNUM) for _ in range(count))
