"""Where media arrives: the addresses given to clients and the UDP sockets bound for them (warm).

One socket per address and worker, never a wildcard: an answer must leave from the very address the client sent to, or
its ICE check fails.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import ifaddr

from ovrouter.errors import ConfigError

__all__ = ["MediaAddress", "discover_addresses", "media_addresses", "open_sockets"]

SOCKET_BUFFER_BYTES: Final = 8 * 1024 * 1024
"""Room for some 50 ms at 1 Gbit/s while the thread is not scheduled; the kernel may grant less (net.core.rmem_max)."""
MAX_ADDRESSES: Final = 8
"""Candidates given to a client; each costs it connectivity checks."""
UDP_GRO: Final = 104
"""Linux' option number (``netinet/udp.h``); the socket module of Python has no name for it."""


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """An address of this machine and what clients are told instead of it (behind a 1:1 NAT they differ)."""

    bound_ip: str
    public_ip: str


def media_addresses(configured: Sequence[str], public_ips: Sequence[str] = ()) -> tuple[MediaAddress, ...]:
    """The addresses to serve: *configured* or, if empty, all of this machine.

    *public_ips* are ``private:public`` pairs as in MEDIA_NODES_PUBLIC_IPS.
    """
    public_of = dict(pair.split(":", 1) for pair in public_ips)
    ips = tuple(configured) or discover_addresses()
    return tuple(MediaAddress(ip, public_of.get(ip, ip)) for ip in ips[:MAX_ADDRESSES])


def discover_addresses() -> tuple[str, ...]:
    """Addresses of this machine that clients can reach, global ones first; loopback only where nothing else is.

    A browser on this very machine reaches its other addresses too.
    """
    found = [ip for ip in _interface_ips() if not (ip.is_link_local or ip.is_multicast or ip.is_unspecified)]
    usable = [ip for ip in found if not ip.is_loopback] or found
    return tuple(str(ip) for ip in sorted(usable, key=lambda ip: (ip.is_private, ip.version, str(ip))))


def _interface_ips() -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            yield ipaddress.ip_address(entry.ip if isinstance(entry.ip, str) else entry.ip[0])


def open_sockets(addresses: Sequence[MediaAddress], port: int) -> list[socket.socket]:
    """Bind one UDP socket per address, all on the same port (0: one that is free on all).

    Raises ConfigError if an address is not of this machine or the port is taken.
    """
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        for address in addresses:
            sockets.append(opened.enter_context(_open_socket(address.bound_ip, port)))
            port = port or sockets[0].getsockname()[1]
        opened.pop_all()
    return sockets


def _open_socket(ip: str, port: int) -> socket.socket:
    is_ipv6 = ":" in ip
    sock = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if is_ipv6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        _join_datagrams(sock)
        sock.setblocking(False)
        sock.bind((ip, port))
    except OSError as error:
        sock.close()
        raise ConfigError((_bind_problem(ip, port, error),)) from error
    return sock


def _bind_problem(ip: str, port: int, error: OSError) -> str:
    return f"cannot receive media on {ip} port {port} ({error.strerror}); see OVROUTER_MEDIA_IP and OVROUTER_MEDIA_PORT"


def _join_datagrams(sock: socket.socket) -> None:
    """Let the kernel hand over several datagrams at once; kernels before 5.0 cannot, and nothing else changes."""
    try:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
    except OSError:
        return
