"""SRTP sessions that C code may use: pylibsrtp's, and the addresses behind them (cold)."""

from __future__ import annotations

from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

__all__ = ["PROTECT_ADDRESS", "address_of", "inbound", "outbound"]

PROTECT_ADDRESS = int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect")))
"""Of libsrtp's ``srtp_protect``, callable without the GIL."""

REPLAY_WINDOW_PACKETS = 1024


def inbound(profile: int, key: bytes) -> Session:
    """Return a session that unprotects whatever SSRC arrives; *key* is the master key followed by the salt."""
    policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
    policy.window_size = REPLAY_WINDOW_PACKETS
    return Session(policy)


def outbound(profile: int, key: bytes) -> Session:
    """Return a session that protects; *key* is the master key followed by the salt."""
    # With libsrtp's own window of 128: a wider one costs some per cent of each packet and a sender has no use for it.
    return Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))


def address_of(session: Session) -> int:
    """Return the ``srtp_t`` of *session*, valid while the session lives."""
    return int(ffi.cast("uintptr_t", session._srtp[0]))  # pylibsrtp has no public name for it
