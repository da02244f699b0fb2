"""Limits how often an address may try to be the owner of the server's secret (cold).

REST and WebSockets share one count. Whoever has guessed too often is not listened to for a while, with the right secret
neither; all other addresses are. The limit leaves out

- tokens: they are random, a wrong one says nothing of the others, and clients behind one address come back with stale
  ones all at once;
- this machine: who is on it needs no guessing, and a proxy on it that does not name its clients (``X-Real-IP``) would
  let one of them lock out all.
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
    """Counts the wrong secrets of each address; IPv6 addresses of one site count as one.

    An *address* is what :func:`ovrouter.client_address.client_ip` returns, *now_s* any clock that does not go back.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """When the window of an address began, and how often it was wrong since; ordered by that time."""

    def admit(self, given: str, address: str, now_s: float) -> str:
        """Return *given* if it is the secret, else nothing: a wrong secret is as good as none."""
        if not given or not self._secret or self.wait_s(address, now_s):
            return ""
        if hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._secret):
            return given
        self._count(address, now_s)
        return ""

    def wait_s(self, address: str, now_s: float) -> float:
        """In how many seconds *address* is listened to again; 0 if it is."""
        began_s, count = self._wrong.get(_source(address), (now_s, 0))
        return max(0.0, began_s + WINDOW_S - now_s) if count >= MAX_WRONG else 0.0

    def _count(self, address: str, now_s: float) -> None:
        source = _source(address)
        if not source:
            return
        began_s, count = self._wrong.get(source, (now_s, 0))
        if now_s - began_s >= WINDOW_S:
            del self._wrong[source]  # so that its next one comes to the end
            began_s, count = now_s, 0
        self._wrong[source] = began_s, count + 1
        if len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)


def _source(address: str) -> str:
    """Who is counted; empty: nobody is."""
    ip = ip_address(address) if address else None
    if ip is None or ip.is_loopback:
        return ""
    return str(IPv6Network((ip, _IPV6_SITE_BITS), strict=False)) if isinstance(ip, IPv6Address) else address
