"""Datagrams with the time at which the kernel had them, however late somebody reads them (warm)."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from typing import Final

__all__ = ["arrivals", "monotonic_offset_ns", "open_entrance", "udp_datagram"]

ETH_P_IP: Final = 0x0800
SOL_PACKET: Final = 263
PACKET_IGNORE_OUTGOING: Final = 23
SO_TIMESTAMPNS: Final = 35
SO_RCVBUFFORCE: Final = 33
BUFFER_BYTES: Final = 4 * 1024 * 1024
PACKET_BYTES: Final = 2048
ANCILLARY_BYTES: Final = 64
TIMESPEC: Final = struct.Struct("qq")
UDP_HEADER_BYTES: Final = 8


def open_entrance(interface: str) -> socket.socket:
    """A socket for the IPv4 packets that come to an interface of this namespace; reading it stops none."""
    result = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    result.setblocking(False)
    result.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    result.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    result.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    result.bind((interface, ETH_P_IP))
    return result


def arrivals(sock: socket.socket) -> Iterator[tuple[bytes, int]]:
    """All that waits in a socket with ``SO_TIMESTAMPNS``: data, and nanoseconds of ``CLOCK_REALTIME``."""
    while True:
        try:
            data, ancillary, _, _ = sock.recvmsg(PACKET_BYTES, ANCILLARY_BYTES)
        except BlockingIOError:
            return
        except ConnectionRefusedError:
            continue  # An answer to what was sent before the router served.
        seconds, nanoseconds = TIMESPEC.unpack(ancillary[0][2])
        yield data, seconds * 10**9 + nanoseconds


def udp_datagram(packet: bytes) -> tuple[int, bytes] | None:
    """Destination port and payload of an IPv4 packet; None if it is not UDP."""
    if packet[9] != socket.IPPROTO_UDP:
        return None
    datagram = packet[4 * (packet[0] & 0x0F) :]
    return int.from_bytes(datagram[2:4], "big"), datagram[UDP_HEADER_BYTES:]


def monotonic_offset_ns() -> int:
    """What ``CLOCK_REALTIME`` is ahead of ``CLOCK_MONOTONIC``; interruptions between the two readings make it less."""
    return max(time.time_ns() - time.monotonic_ns() for _ in range(10))
