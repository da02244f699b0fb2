"""What the WebSocket handshake tells about a client (cold)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from ovrouter.client_address import client_ip

__all__ = ["Client", "client_of"]

_COOKIE_NAME = "OVJSESSIONID"
_COOKIE = re.compile(rf"(?:^|;\s*){_COOKIE_NAME}=([0-9A-F]{{32}})\s*(?:;|$)")
_FINAL_USER_ID_CHARS = 16


@dataclass(frozen=True, slots=True)
class Client:
    """Who opened a socket."""

    ip: str
    browser_id: str
    """Value of the cookie: 32 upper-case hexadecimal digits, the same for all sockets of one browser profile."""

    @property
    def final_user_id(self) -> str:
        """What apps see of the browser's identity."""
        return self.browser_id[:_FINAL_USER_ID_CHARS]

    @property
    def cookie_header(self) -> tuple[bytes, bytes]:
        """The header that makes the browser come back with the same id, also from pages of other sites."""
        return b"set-cookie", f"{_COOKIE_NAME}={self.browser_id}; Path=/; HttpOnly; Secure; SameSite=None".encode()


def client_of(headers: Mapping[bytes, bytes], peer_ip: str) -> Client:
    """Read the headers of a handshake, whose names are in lower case. One that says nonsense counts as absent."""
    cookie = _COOKIE.search(headers.get(b"cookie", b"").decode("latin-1"))
    browser_id = cookie[1] if cookie else secrets.token_hex(16).upper()
    return Client(client_ip(peer_ip, headers.get(b"x-real-ip", b"").decode("latin-1")), browser_id)
