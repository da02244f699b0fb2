"""Whose address a request comes from, seen through a proxy on this machine (cold)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

__all__ = ["client_ip"]


def client_ip(peer_ip: str, real_ip: str) -> str:
    """Return *peer_ip*, or *real_ip* (the header ``X-Real-IP``) where a proxy on this machine sent it; empty: unknown.

    Anybody can send the header; only a proxy on this machine is known to have set it itself.
    """
    address = _address(peer_ip)
    if address is not None and address.is_loopback:
        address = _address(real_ip) or address
    return str(address or "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # A socket that serves both families reports IPv4 peers as ::ffff:192.0.2.1.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
