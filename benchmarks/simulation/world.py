"""Runs flows over shared links in steps of a millisecond and notes what every half second brought."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from benchmarks.simulation.link import Link
from benchmarks.simulation.peer import Peer
from benchmarks.simulation.publisher import Publisher
from benchmarks.simulation.subscriber import Subscriber
from benchmarks.simulation.tcp import TcpFlow
from ovrouter._fastpath import Core

__all__ = ["Flow", "Sample", "World", "wide"]

STEP_US: Final = 1_000
TICK_US: Final = 10_000
SAMPLE_US: Final = 100_000
UNLIMITED_BPS: Final = 1e12
CHECK_US: Final = 5_000_000
EPOCH_US: Final = 1_000_000_000
"""The core's clock at second 0."""


@dataclass(frozen=True)
class Sample:
    """What one flow did in the tenth of a second before ``at_s``."""

    at_s: float
    received_bps: float
    sent_bps: float
    queueing_ms: float
    estimate_bps: float


@dataclass
class Flow:
    """One publisher with one subscriber behind a bottleneck."""

    publisher: Publisher
    subscriber: Subscriber
    forward: Link
    backward: Link
    uplink: Link
    """From the publisher; what is said to it goes over ``downlink``."""
    downlink: Link
    start_us: int = 0
    end_us: int = 1 << 60
    extra_delay_us: int = 0
    """Each way, beyond what the links have: flows of one bottleneck may have different round trips."""
    samples: list[Sample] = field(default_factory=list)
    _before: tuple[int, int] = (0, 0)

    def sample(self, now_us: int, queueing_us: int) -> None:
        """Note the last tenth of a second."""
        core, handle = self.subscriber.core, self.subscriber.handle
        totals = self.subscriber.received_bytes, core.describe_transport(handle)["sent_bytes"]
        received, sent = totals[0] - self._before[0], totals[1] - self._before[1]
        self._before = totals
        per_s = 8e6 / SAMPLE_US
        estimate_bps = core.describe_client(handle)["estimate_bps"]
        self.samples.append(Sample(now_us / 1e6, received * per_s, sent * per_s, queueing_us / 1000, estimate_bps))


class World:
    """Cores, the flows through them and the packets under way. Seconds count from 0.

    With two cores all publishers are on the first and all subscribers on the second.
    """

    def __init__(self, *, cores: int = 1, core: Core | None = None) -> None:
        self.core = core or Core()
        self.cores = [self.core]
        if cores == 2:
            self.cores.append(Core())
            self.core.connect(self.cores[-1])
        self.flows: list[Flow] = []
        self.extras: list[Callable[[int], None]] = []
        """Called every millisecond with the time: competing traffic, changes of the scene."""
        self._under_way: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = 0
        self._peers = 0
        self._wide = wide(0)
        self._by_address: dict[Any, Flow] = {}

    def add_flow(
        self,
        forward: Link,
        backward: Link | None = None,
        *,
        uplink: Link | None = None,
        downlink: Link | None = None,
        start_s: float = 0,
        end_s: float = 1e9,
        extra_delay_us: int = 0,
        kind: type[Subscriber] = Subscriber,
        publisher_kind: type[Publisher] = Publisher,
        **publisher_options: Any,
    ) -> Flow:
        """A publisher with one subscriber behind *forward*; its reports come back over *backward*.

        *uplink* leads from the publisher to the core, *downlink* back; by default they cost no time.
        """
        publisher = publisher_kind(self.core, self._next_number(), **publisher_options)
        flow = Flow(
            publisher,
            self._subscribe(publisher, kind),
            forward,
            backward or wide(forward.delay_us),
            uplink or self._wide,
            downlink or self._wide,
            int(start_s * 1e6),
            int(end_s * 1e6),
            extra_delay_us,
        )
        self.flows.append(flow)
        self._by_address[publisher.address] = self._by_address[flow.subscriber.address] = flow
        return flow

    def add_viewer(self, flow: Flow, forward: Link, backward: Link) -> Flow:
        """Another subscriber of a flow's publisher."""
        viewer = replace(flow, subscriber=self._subscribe(flow.publisher), forward=forward, backward=backward)
        viewer.samples = []
        self.flows.append(viewer)
        self._by_address[viewer.subscriber.address] = viewer
        return viewer

    def add_tcp(self, link: Link, *, start_s: float = 0, left_bytes: float = float("inf")) -> None:
        """A TCP flow over *link*, which ends when *left_bytes* are sent."""
        TcpFlow(self, link, start_s, left_bytes)

    def _next_number(self) -> int:
        self._peers += 1
        return self._peers

    def _subscribe(self, publisher: Publisher, kind: type[Subscriber] = Subscriber) -> Subscriber:
        subscriber = kind(self.cores[-1], self._next_number())
        subscriber.subscribe(publisher)
        return subscriber

    def at(self, when_us: int, act: Callable[..., None], *arguments: Any) -> None:
        """Do something later."""
        self._order += 1
        heapq.heappush(self._under_way, (when_us, self._order, act, arguments))

    def run(self, duration_s: float) -> None:
        """Let the time pass from 0."""
        for now_us in range(0, int(duration_s * 1e6), STEP_US):
            self._step(now_us)

    def _step(self, now_us: int) -> None:
        while self._under_way and self._under_way[0][0] <= now_us:
            when_us, _, act, arguments = heapq.heappop(self._under_way)
            act(*arguments, when_us)
        for extra in self.extras:
            extra(now_us)
        for flow in self.flows:
            if flow.start_us <= now_us < flow.end_us:
                self._drive(flow, now_us)
        self._turn_cores(now_us)

    def _turn_cores(self, now_us: int) -> None:
        for core in self.cores:
            core.receive_relayed(EPOCH_US + now_us)
            if now_us % TICK_US == 0:
                core.tick(EPOCH_US + now_us)
            self._collect(core, now_us)

    def _drive(self, flow: Flow, now_us: int) -> None:
        is_leader = self._by_address[flow.publisher.address] is flow
        if (now_us - flow.start_us) % CHECK_US == 0:
            for peer in (flow.publisher, flow.subscriber) if is_leader else (flow.subscriber,):
                self._receive(peer.binding_request(), peer, now_us)
        if is_leader:
            for packet in flow.publisher.tick(self._clock_us(now_us)):
                self._carry(flow.uplink, 0, now_us, self._receive, packet, flow.publisher)
        for report in flow.subscriber.tick(now_us):
            self._carry(flow.backward, flow.extra_delay_us, now_us, self._receive, report, flow.subscriber)
        if now_us % SAMPLE_US == 0:
            flow.sample(now_us, self._queueing(flow.forward, now_us))

    def _clock_us(self, now_us: int) -> int:
        """What a publisher takes for the time."""
        return EPOCH_US + now_us

    def _queueing(self, link: Link, now_us: int) -> int:
        return link.queueing_us(now_us)

    def _carry(self, link: Link, extra_us: int, now_us: int, act: Callable[..., None], data: bytes, *who: Any) -> None:
        for arrival_us in link.carry(len(data), now_us):
            if arrival_us + extra_us <= now_us:
                act(data, *who, now_us)
            else:
                self.at(arrival_us + extra_us, act, data, *who)

    def _receive(self, data: bytes, sender: Peer, now_us: int) -> None:
        sender.core.receive([(data, sender.address)], EPOCH_US + now_us)

    def _collect(self, core: Core, now_us: int) -> None:
        for data, address in core.take_outgoing():
            flow = self._by_address[address]
            if address == flow.publisher.address:
                self._carry(flow.downlink, 0, now_us, self._tell_publisher, data, flow)
            elif data[0] >= 128:
                self._carry(flow.forward, flow.extra_delay_us, now_us, flow.subscriber.on_datagram, data)

    def _tell_publisher(self, data: bytes, flow: Flow, now_us: int) -> None:
        for packet in flow.publisher.on_datagram(data, self._clock_us(now_us)):
            self._carry(flow.uplink, 0, now_us, self._receive, packet, flow.publisher)


def wide(delay_us: int) -> Link:
    """A link that nothing fills."""
    return Link(lambda _: UNLIMITED_BPS, delay_us=delay_us)
