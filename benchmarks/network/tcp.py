"""The kernel's TCP through a bottleneck, with the round trip of a longer path (warm).

Acknowledgements come back beside the path, through this process, and wait here for the propagation delay of both
directions: from a tun interface where the data arrives to another where it leaves.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from selectors import EVENT_READ, BaseSelector
from typing import Final

from benchmarks.network.namespaces import Namespaces, Way

__all__ = ["TcpPath"]

WRITE_BYTES: Final = 16_384
READ_BYTES: Final = 262_144
PACKET_BYTES: Final = 2048
CONGESTION_CONTROL: Final = b"reno"
"""RFC 5681, as RFC 8867 has it and the emulated flow."""
TUN_SET_IFF: Final = 0x400454CA
IFF_TUN_NO_PI: Final = 0x1001

_SENDER: Final = """
addr add {ip}/32 dev {tun}
link set {tun} up
"""
_RECEIVER: Final = """
link set {tun} up
route add {ip}/32 dev {tun}
"""


class TcpPath:
    """What TCP needs beside one way of a path. The data of what is registered with *selector* are callables."""

    def __init__(self, namespaces: Namespaces, way: Way, selector: BaseSelector, stack: ExitStack) -> None:
        self._namespaces, self._way, self._selector, self._stack = namespaces, way, selector, stack
        self._ip = f"10.78.{way.number}.1"
        names = {"ip": self._ip, "tun": f"ack{way.number}"}
        with namespaces.inside(way.from_end):
            self._sender = _open_tun(names["tun"], stack)
        with namespaces.inside(way.to_end):
            self.receiver = _open_tun(names["tun"], stack)
        namespaces.configure(way.from_end, _SENDER.format(**names))
        namespaces.configure(way.to_end, _RECEIVER.format(**names))

    def begin(self, left_bytes: float) -> None:
        """Start a flow, which ends when so much is sent."""
        with self._namespaces.inside(self._way.to_end):
            sink = self._stack.enter_context(socket.create_server(("", 0)))
        with self._namespaces.inside(self._way.from_end):
            source = self._stack.enter_context(socket.socket())
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION_CONTROL)
        source.bind((self._ip, 0))
        self._selector.register(sink, EVENT_READ, partial(self._accept, sink))
        self._stack.callback(_end, source)
        address = self._way.to_ip, sink.getsockname()[1]
        threading.Thread(target=_pour, args=(source, address, left_bytes), daemon=True).start()

    def _accept(self, sink: socket.socket) -> None:
        reader = self._stack.enter_context(sink.accept()[0])
        self._selector.register(reader, EVENT_READ, partial(self._drain, reader))

    def _drain(self, reader: socket.socket) -> None:
        if not reader.recv(READ_BYTES):
            self._selector.unregister(reader)

    def acknowledgements(self) -> Iterator[bytes]:
        """What the receiver has sent."""
        with contextlib.suppress(BlockingIOError):
            while True:
                yield os.read(self.receiver, PACKET_BYTES)

    def acknowledge(self, packet: bytes, _now_us: int) -> None:
        """Let the sender have it."""
        os.write(self._sender, packet)


def _open_tun(name: str, stack: ExitStack) -> int:
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    stack.callback(os.close, fd)
    fcntl.ioctl(fd, TUN_SET_IFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return fd


def _pour(source: socket.socket, address: tuple[str, int], left_bytes: float) -> None:
    with contextlib.suppress(OSError):
        source.connect(address)
        while left_bytes >= 1:
            left_bytes -= source.send(bytes(int(min(left_bytes, WRITE_BYTES))))
        source.shutdown(socket.SHUT_WR)


def _end(source: socket.socket) -> None:
    """Wakes whoever pours."""
    with contextlib.suppress(OSError):
        source.shutdown(socket.SHUT_RDWR)
