"""ICE candidates as OpenVidu's API tells them: the text of a candidate attribute (cold)."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["candidates_in", "chosen_candidate"]

_PRFLX_PRIORITY = 110 << 24 | 65_535 << 8 | 255
"""RFC 8445, section 5.1.2."""

_CANDIDATE = re.compile(r"^a=(candidate:[^\r\n]+)", re.MULTILINE)


def candidates_in(sdp: str) -> list[str]:
    """Return every candidate of a description once: all media sections that have them have the same."""
    return list(dict.fromkeys(_CANDIDATE.findall(sdp)))


def chosen_candidate(address: str | None, candidates: Iterable[str]) -> str | None:
    """Return the one of *candidates* with *address*: ``ip:port``, ``[ip]:port`` for IPv6.

    If there is none the peer has another address than it knew (RFC 8445, section 7.3.1.3). None stays None.
    """
    if address is None:
        return None
    ip, _, port = address.rpartition(":")
    ip = ip.strip("[]")
    known = (candidate for candidate in candidates if candidate.split()[4:6] == [ip, port])
    return next(known, f"candidate:0 1 udp {_PRFLX_PRIORITY} {ip} {port} typ prflx")
