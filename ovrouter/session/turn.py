"""Time-limited TURN credentials, as coturn's ``use-auth-secret`` checks them. Cold.

The scheme is draft-uberti-behave-turn-rest: the user name holds the expiry in Unix seconds, the password is a MAC of
the user name under the secret that router and TURN server share.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field

from ovrouter import ids

__all__ = ["LIFETIME_S", "TurnCredentials", "mint_credentials"]

LIFETIME_S = 24 * 3600
"""A call that needs a new allocation after a day has to join again."""


@dataclass(frozen=True, slots=True)
class TurnCredentials:
    """User name and password for a TURN server."""

    username: str
    credential: str = field(repr=False)


def mint_credentials(secret: str, now_ms: int) -> TurnCredentials:
    """Credentials that expire :data:`LIFETIME_S` after *now_ms* (Unix milliseconds)."""
    username = f"{now_ms // 1000 + LIFETIME_S}:{ids.turn_username_suffix()}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return TurnCredentials(username, b64encode(digest).decode())
