"""The emulated world's flows in real time: a Worker behind sockets, peers in network namespaces (warm)."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Final

from benchmarks.network.crossings import Crossings
from benchmarks.network.namespaces import ROUTER_IP, Namespaces, Way
from benchmarks.network.stamps import arrivals, monotonic_offset_ns, open_entrance, udp_datagram
from benchmarks.network.tcp import TcpPath
from benchmarks.peer_socket import open_socket
from benchmarks.simulation.faults import Faults
from benchmarks.simulation.link import Link
from benchmarks.simulation.peer import Peer
from benchmarks.simulation.world import EPOCH_US, SAMPLE_US, UNLIMITED_BPS, Flow, World
from ovrouter._fastpath import Worker
from ovrouter.media.addresses import MediaAddress, open_sockets

__all__ = ["PEERS_NICENESS", "RealWorld"]

PEERS_NICENESS: Final = -10
"""The peers' share of delays is nobody's: they go first."""
DRIVE_US: Final = 5_000
"""How often peers look at their own timers; what is under way is moved every millisecond."""
TAG: Final = slice(-16, None)
"""The end of a datagram, which SRTP makes its own."""


@dataclass
class Bottleneck:
    """A link of the emulated world as one way of a path."""

    link: Link
    way: Way
    capacity_bps: float = UNLIMITED_BPS
    crossings: Crossings = field(default_factory=Crossings)
    tcp: TcpPath | None = None


class RealWorld(World):
    """A link's capacity, queue and loss are the kernel's; its delay is added by the peers, who wait before they look.

    What is measured, and what the subscribers report, is when the kernel had a packet, not when Python came to read it.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._namespaces = stack.enter_context(Namespaces())
        self._selector = stack.enter_context(DefaultSelector())
        self._both_ways = self._namespaces.add(Faults())
        """For media in both directions the router has a socket at either end."""
        near, far = self._both_ways
        self._routers = {
            way.from_end: self._open_router(way.from_end, ip) for way, ip in ((near, ROUTER_IP), (far, near.to_ip))
        }
        self._worker = Worker(list(self._routers.values()))
        stack.callback(self._worker.close)
        super().__init__(core=self._worker)
        self._bottlenecks: dict[int, Bottleneck] = {}
        self._sockets: dict[int, socket.socket] = {}
        """By number of the peer."""
        self.late_us: list[int] = []
        """By how much this process was late, step by step: the machine had other work to do."""

    def _open_router(self, end: str, ip: str) -> socket.socket:
        with self._namespaces.inside(end):
            return self._stack.enter_context(open_sockets([MediaAddress(ip, ip)], 0)[0])

    # ------------------------------------------------------------------------------------------------------- places

    def run(self, duration_s: float) -> None:
        """Let real time pass."""
        self._place_links()
        for flow in self.flows:
            self._place_peers(flow)
        self._follow_capacities(0)
        thread = threading.Thread(target=self._worker.run)
        thread.start()
        self._began_us = time.monotonic_ns() // 1000
        self._realtime_offset_ns = monotonic_offset_ns()
        try:
            with _niceness(PEERS_NICENESS):
                super().run(duration_s)
        finally:
            self._worker.stop()
            thread.join()
        for flow in self.flows:
            flow.samples = self._at(flow.forward).crossings.correct(flow.samples, self._port(flow.subscriber))

    def _place_links(self) -> None:
        feedback = {id(flow.backward) for flow in self.flows}
        for flow in self.flows:
            for there, back in ((flow.forward, flow.backward), (flow.uplink, flow.downlink)):
                if id(there) not in self._bottlenecks:
                    way_there, way_back = (
                        self._both_ways if id(there) in feedback else self._namespaces.add(there.faults)
                    )
                    # Where both are the same link, it leads to the peers.
                    self._bottlenecks[id(back)] = Bottleneck(back, way_back)
                    self._bottlenecks[id(there)] = Bottleneck(there, way_there)
        for link in {id(flow.forward): flow.forward for flow in self.flows}.values():
            self._watch_entrance(self._at(link))

    def _watch_entrance(self, bottleneck: Bottleneck) -> None:
        with self._namespaces.inside(bottleneck.way.bottleneck):
            entrance = self._stack.enter_context(open_entrance(bottleneck.way.entrance))
        self._selector.register(entrance, EVENT_READ, partial(self._see_entering, entrance, bottleneck.crossings))

    def _place_peers(self, flow: Flow) -> None:
        self._place(flow.publisher, self._at(flow.uplink).way, partial(self._on_publishers, flow))
        self._place(flow.subscriber, self._at(flow.forward).way, partial(self._on_subscribers, flow))

    def _place(self, peer: Peer, way: Way, on_arrivals: Callable[[], None]) -> None:
        if peer.number in self._sockets:
            return
        with self._namespaces.inside(way.to_end):
            sock = self._stack.enter_context(open_socket(way.to_ip))
        sock.connect(self._routers[way.from_end].getsockname())
        self._sockets[peer.number] = sock
        self._selector.register(sock, EVENT_READ, on_arrivals)

    def _at(self, link: Link) -> Bottleneck:
        return self._bottlenecks[id(link)]

    def _port(self, peer: Peer) -> int:
        return int(self._sockets[peer.number].getsockname()[1])

    # ------------------------------------------------------------------------------------------------------- time

    def _step(self, now_us: int) -> None:
        self.late_us.append(max(self._now_us() - now_us, 0))
        self._read(0)
        while (wait_us := now_us - self._now_us()) > 0:
            self._read(wait_us / 1e6)
        if now_us % SAMPLE_US == 0:
            self._follow_capacities(now_us)
        super()._step(now_us)

    def _now_us(self) -> int:
        return time.monotonic_ns() // 1000 - self._began_us

    def _clock_us(self, now_us: int) -> int:
        """A publisher that was held up leaves frames out, as encoders do, in place of sending old ones in a burst."""
        return EPOCH_US + max(now_us, self._now_us())

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            key.data()

    def _drive(self, flow: Flow, now_us: int) -> None:
        if now_us % DRIVE_US == 0:
            super()._drive(flow, now_us)

    def _turn_cores(self, now_us: int) -> None:
        if now_us % DRIVE_US == 0:
            self._worker.take_events()

    def _follow_capacities(self, now_us: int) -> None:
        for bottleneck in self._bottlenecks.values():
            capacity_bps = bottleneck.link.capacity_bps(now_us)
            if bottleneck.capacity_bps != capacity_bps:
                bottleneck.capacity_bps = capacity_bps
                self._namespaces.limit(bottleneck.way, capacity_bps, bottleneck.link.queue_us)

    # ------------------------------------------------------------------------------------------------------- packets

    def _see_entering(self, entrance: socket.socket, crossings: Crossings) -> None:
        for packet, at_us in self._arrivals(entrance):
            if datagram := udp_datagram(packet):
                port, data = datagram
                crossings.enter(data[TAG], port, len(data), at_us)

    def _on_publishers(self, flow: Flow) -> None:
        for data, at_us in self._arrivals(self._sockets[flow.publisher.number]):
            self.at(at_us + flow.downlink.delay_us, self._tell_publisher, data, flow)

    def _on_subscribers(self, flow: Flow) -> None:
        for data, at_us in self._arrivals(self._sockets[flow.subscriber.number]):
            self.at(at_us + flow.forward.delay_us + flow.extra_delay_us, self._show, flow, data, at_us)

    def _show(self, flow: Flow, data: bytes, left_us: int, now_us: int) -> None:
        self._at(flow.forward).crossings.leave(data[TAG], left_us)
        flow.subscriber.on_datagram(data, now_us)

    def _arrivals(self, sock: socket.socket) -> Iterator[tuple[bytes, int]]:
        for data, realtime_ns in arrivals(sock):
            yield data, (realtime_ns - self._realtime_offset_ns) // 1000 - self._began_us

    def _queueing(self, link: Link, now_us: int) -> int:
        return 0  # Known when everything has been looked at.

    def _carry(self, link: Link, extra_us: int, now_us: int, act: Callable[..., None], data: bytes, *who: Any) -> None:
        self.at(now_us + link.delay_us + extra_us, act, data, *who)

    def _receive(self, data: bytes, sender: Peer, now_us: int) -> None:
        try:
            self._sockets[sender.number].send(data)
        except (PermissionError, ConnectionRefusedError):
            # A packet that nft drops on its way out; the router before it serves.
            return

    # ------------------------------------------------------------------------------------------------------- TCP

    def add_tcp(self, link: Link, *, start_s: float = 0, left_bytes: float = float("inf")) -> None:
        """The kernel's TCP."""
        self.at(int(start_s * 1e6), self._begin_tcp, link, left_bytes)

    def _begin_tcp(self, link: Link, left_bytes: float, _now_us: int) -> None:
        bottleneck = self._at(link)
        if bottleneck.tcp is None:
            tcp = bottleneck.tcp = TcpPath(self._namespaces, bottleneck.way, self._selector, self._stack)
            self._selector.register(tcp.receiver, EVENT_READ, partial(self._delay, tcp, link))
        bottleneck.tcp.begin(left_bytes)

    def _delay(self, tcp: TcpPath, link: Link) -> None:
        for packet in tcp.acknowledgements():
            self.at(self._now_us() + 2 * link.delay_us, tcp.acknowledge, packet)


@contextmanager
def _niceness(value: int) -> Iterator[None]:
    """Of this thread, and of those that it begins."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, value)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, before)
