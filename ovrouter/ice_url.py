"""Which ICE servers a client may be sent to (contract; rules of OpenVidu's ``customIceServers``)."""

from __future__ import annotations

import ipaddress
import re

__all__ = ["check_ice_server"]

_URL = re.compile(
    r"(?P<scheme>stuns?|turns?):"
    r"(?P<host>\[[^\]]+\]|[^:?\[\]]+)"
    r"(:(?P<port>[0-9]{1,5}))?"
    r"(?P<transport>\?transport=(udp|tcp))?"
)
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_LOOKS_LIKE_IPV4 = re.compile(r"(.*\.)?[0-9]+")


def check_ice_server(url: str, username: str | None, credential: str | None, static_auth_secret: str | None) -> None:
    """Raise ValueError unless the URL is one of RFC 7064 or RFC 7065 and the credentials suit it."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError(f"url '{url}' is not stun(s)|turn(s):host[:port][?transport=udp|tcp]")
    if not _is_host(match["host"]):
        raise ValueError(f"url '{url}' has no valid host")
    if match["port"] is not None and not 1 <= int(match["port"]) <= 65535:
        raise ValueError(f"url '{url}' has no valid port")
    if match["scheme"].startswith("turn"):
        _check_turn_credentials(username, credential, static_auth_secret)
    elif match["transport"] is not None:
        raise ValueError(f"url '{url}': only turn and turns take a transport")
    elif any(value is not None for value in (username, credential, static_auth_secret)):
        raise ValueError("a STUN server takes no username, credential or staticAuthSecret")


def _check_turn_credentials(username: str | None, credential: str | None, static_auth_secret: str | None) -> None:
    if static_auth_secret is not None:
        if username is not None or credential is not None:
            raise ValueError("a TURN server takes username and credential, or staticAuthSecret, not both")
    elif username is None or credential is None:
        raise ValueError("a TURN server needs username and credential, or staticAuthSecret")


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ip(host[1:-1], ipaddress.IPv6Address)
    if _LOOKS_LIKE_IPV4.fullmatch(host):
        return _is_ip(host, ipaddress.IPv4Address)
    return len(host) <= 253 and _DOMAIN.fullmatch(host) is not None


def _is_ip(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
