"""Limits how often an address may try to be the owner of the server's secret (cold).

Tokens need no such limit: they are random, and a wrong one says nothing of the others. The secret may be a word.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from ipaddress import IPv6Address, IPv6Network, ip_address

__all__ = ["SecretGuesses"]

MAX_WRONG = 10
"""Wrong secrets of one address within WINDOW_S; further ones are not looked at."""
WINDOW_S = 60.0
MAX_ADDRESSES = 10_000
"""About 1 MB; the one that began longest ago is forgotten first."""
_IPV6_SITE_BITS = 64
"""A subscriber has at least all addresses of such a network (RFC 6177)."""


class SecretGuesses:
    """Counts the wrong secrets of each address; IPv6 addresses of one site count as one."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """When the window of an address began, and how often it was wrong since; ordered by that time."""

    def admit(self, given: str, address: str, now_s: float) -> str:
        """Return *given* if it is the secret, else nothing: a wrong secret is as good as none.

        *now_s* is any clock that does not go back.
        """
        source = _source(address)
        began_s, count = self._window(source, now_s)
        if not given or not self._secret or count >= MAX_WRONG:
            return ""
        if hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._secret):
            return given
        self._wrong[source] = began_s, count + 1
        if len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        return ""

    def _window(self, source: str, now_s: float) -> tuple[float, int]:
        began_s, count = self._wrong.get(source, (now_s, 0))
        if now_s - began_s < WINDOW_S:
            return began_s, count
        del self._wrong[source]  # so that its next one comes to the end
        return now_s, 0


def _source(address: str) -> str:
    ip = ip_address(address) if address else None
    return str(IPv6Network((ip, _IPV6_SITE_BITS), strict=False)) if isinstance(ip, IPv6Address) else address
