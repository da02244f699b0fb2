"""The UDP socket of one peer (warm)."""

from __future__ import annotations

import socket

__all__ = ["join_datagrams", "open_socket"]

_SOL_UDP = 17
_UDP_GRO = 104
_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
"""What a subscriber may queue while the load generator looks after another one."""


def open_socket(ip: str) -> socket.socket:
    """Bind a non-blocking socket that gets the kernel's arrival times.

    The arrival time of a packet is taken when the router's send reaches this socket, so delays do not include the
    time in which the load generator is busy elsewhere.
    """
    result = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    result.setblocking(False)
    result.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    _grow_receive_buffer(result)
    result.bind((ip, 0))
    return result


def join_datagrams(target: socket.socket) -> None:
    """Let the kernel hand over runs of equal datagrams at once (UDP_GRO); only the packet loop reads such a socket."""
    target.setsockopt(_SOL_UDP, _UDP_GRO, 1)


def _grow_receive_buffer(target: socket.socket) -> None:
    try:
        target.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    except PermissionError:
        target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
