"""The emulated world's flows in real time: a Worker behind a socket, peers in network namespaces (warm)."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from benchmarks.network.namespaces import ROUTER_IP, Namespaces
from benchmarks.simulation.link import Link
from benchmarks.simulation.peer import VIDEO, Peer
from benchmarks.simulation.world import EPOCH_US, Flow, World
from ovrouter._fastpath import Worker

__all__ = ["RealWorld"]

SO_TIMESTAMPNS: Final = 35
TCP_WRITE_BYTES: Final = 16_384
TIMESPEC: Final = struct.Struct("qq")


class RealWorld(World):
    """A link's capacity, queue and loss are the kernel's; its delay is added by the peers, who wait before they look.

    What the peers measure is when the kernel had it, not when Python came to read it.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._namespaces = stack.enter_context(Namespaces())
        with self._namespaces.inside(self._namespaces.router):
            self._router = stack.enter_context(_udp_socket(ROUTER_IP))
        self._worker = Worker([self._router])
        stack.callback(self._worker.close)
        super().__init__(core=self._worker)
        self._stack = stack
        self._places: dict[int, tuple[str, str]] = {}
        self._capacities_bps: dict[int, float] = {}
        self._sockets: dict[int, tuple[socket.socket, Flow, Peer]] = {}
        self._poll = select.poll()
        self._least_delay_us: dict[int, int] = {}
        self._queueing_us: dict[int, int] = {}
        self.late_us = 0
        """By how much this process was late at worst: the machine had other work to do."""

    # ------------------------------------------------------------------------------------------------------- flows

    def run(self, duration_s: float) -> None:
        """Let real time pass."""
        for flow in self.flows:
            for peer, link in ((flow.publisher, flow.uplink), (flow.subscriber, flow.forward)):
                self._place(flow, peer, link)
        thread = threading.Thread(target=self._worker.run)
        thread.start()
        self._began_us = time.monotonic_ns() // 1000
        self._realtime_ns = time.time_ns() - time.monotonic_ns()
        try:
            super().run(duration_s)
        finally:
            self._worker.stop()
            thread.join()

    def _place(self, flow: Flow, peer: Peer, link: Link) -> None:
        if any(peer is known for _, _, known in self._sockets.values()):
            return
        if id(link) not in self._places:
            self._places[id(link)] = self._namespaces.add(link.faults)
        with self._namespaces.inside(self._places[id(link)][0]):
            sock = self._stack.enter_context(_udp_socket(""))
        sock.connect(self._router.getsockname())
        self._sockets[sock.fileno()] = sock, flow, peer
        self._poll.register(sock, select.POLLIN)

    def add_tcp(self, link: Link, *, start_s: float = 0, left_bytes: float = float("inf")) -> None:
        """The kernel's TCP, from the router's namespace."""
        self.at(int(start_s * 1e6), self._begin_tcp, link, left_bytes)

    def _begin_tcp(self, link: Link, left_bytes: float, _now_us: int) -> None:
        with self._namespaces.inside(self._places[id(link)][0]):
            sink = self._stack.enter_context(socket.create_server(("", 0)))
            host = _own_ip(self._router)
        with self._namespaces.inside(self._namespaces.router):
            source = self._stack.enter_context(socket.create_connection((host, sink.getsockname()[1])))
        reader, _ = sink.accept()
        threading.Thread(target=_pour, args=(source, left_bytes), daemon=True).start()
        threading.Thread(target=_drain, args=(reader,), daemon=True).start()

    # ------------------------------------------------------------------------------------------------------- packets

    def _step(self, now_us: int) -> None:
        self.late_us = max(self.late_us, time.monotonic_ns() // 1000 - self._began_us - now_us)
        while (wait_us := self._began_us + now_us - time.monotonic_ns() // 1000) > 0:
            self._read(wait_us // 1000 + 1)
        for flow in self.flows:
            self._follow_capacity(flow.forward, now_us)
        super()._step(now_us)

    def _turn_cores(self, now_us: int) -> None:
        self._worker.take_events()

    def _follow_capacity(self, link: Link, now_us: int) -> None:
        capacity_bps = link.capacity_bps(now_us)
        if self._capacities_bps.get(id(link)) != capacity_bps:
            self._capacities_bps[id(link)] = capacity_bps
            self._namespaces.limit(self._places[id(link)][1], capacity_bps, link.queue_us)

    def _read(self, timeout_ms: int) -> None:
        for fd, _ in self._poll.poll(timeout_ms):
            sock, flow, peer = self._sockets[fd]
            data, ancillary, _, _ = sock.recvmsg(2048, 64)
            seconds, nanoseconds = TIMESPEC.unpack(ancillary[0][2])
            arrival_us = (seconds * 10**9 + nanoseconds - self._realtime_ns) // 1000 - self._began_us
            if peer is flow.publisher:
                self.at(arrival_us + flow.downlink.delay_us, self._tell_publisher, data, flow)
            else:
                self._note_delay(flow.forward, peer, data, arrival_us)
                self.at(arrival_us + flow.forward.delay_us + flow.extra_delay_us, flow.subscriber.on_datagram, data)

    def _note_delay(self, link: Link, peer: Peer, data: bytes, arrival_us: int) -> None:
        if data[0] >= 128 and data[1] & 0x7F == VIDEO:
            delay_us = arrival_us + EPOCH_US - int.from_bytes(data[4:8], "big") * 100 // 9
            least_us = self._least_delay_us[peer.number] = min(
                self._least_delay_us.get(peer.number, delay_us), delay_us
            )
            self._queueing_us[id(link)] = delay_us - least_us

    def _queueing(self, link: Link, now_us: int) -> int:
        return self._queueing_us.get(id(link), 0)

    def _carry(self, link: Link, extra_us: int, now_us: int, act: Callable[..., None], data: bytes, *who: Any) -> None:
        self.at(now_us + link.delay_us + extra_us, act, data, *who)

    def _receive(self, data: bytes, sender: Peer, now_us: int) -> None:
        for sock, _, peer in self._sockets.values():
            if peer is sender:
                _send(sock, data)


def _udp_socket(ip: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    if ip:
        sock.bind((ip, 0))
    return sock


def _own_ip(router: socket.socket) -> str:
    """The address by which the router finds this namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(router.getsockname())
        return str(probe.getsockname()[0])


def _pour(source: socket.socket, left_bytes: float) -> None:
    with contextlib.suppress(OSError):
        while left_bytes > 0:
            left_bytes -= source.send(bytes(int(min(left_bytes, TCP_WRITE_BYTES))))
        source.shutdown(socket.SHUT_WR)


def _drain(reader: socket.socket) -> None:
    with reader, contextlib.suppress(OSError):
        while reader.recv(TCP_WRITE_BYTES):
            pass


def _send(sock: socket.socket, data: bytes) -> None:
    try:
        sock.send(data)
    except (PermissionError, ConnectionRefusedError):
        # A packet that nft drops on its way out; the router before it serves.
        return
