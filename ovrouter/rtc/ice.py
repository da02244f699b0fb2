"""ICE credentials (RFC 8445, RFC 8839); checks themselves are answered in the fast path (cold)."""

from __future__ import annotations

import secrets

__all__ = ["ice_pwd", "ice_ufrag"]

UFRAG_BYTES = 9
"""72 random bits as 12 characters: the ufrag alone tells links apart on a shared port."""
PWD_BYTES = 24
"""192 random bits as 32 characters; RFC 8445 section 5.3 asks for 128."""

# Base 64 with + and / is exactly the ICE alphabet; ours keeps to letters and digits, which need no care anywhere.
_REPLACE = str.maketrans("-_", "Zz")


def ice_ufrag() -> str:
    """Return a fresh user name fragment of 12 ice-chars."""
    return secrets.token_urlsafe(UFRAG_BYTES).translate(_REPLACE)


def ice_pwd() -> str:
    """Return a fresh password of 32 ice-chars."""
    return secrets.token_urlsafe(PWD_BYTES).translate(_REPLACE)
