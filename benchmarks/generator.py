"""The load generator: the packet loop in its thread, and the slow part of all its peers (warm)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import trio

from benchmarks._load import LoadLoop
from benchmarks.load import SampleChecker
from benchmarks.peer_socket import join_datagrams
from benchmarks.routers.contract import Publisher, Subscriber
from benchmarks.srtp import PROTECT_ADDRESS, address_of
from benchmarks.tending import Tended, TendedPublisher, TendedSubscriber

__all__ = ["Generator", "Received", "open_generator"]

TICK_S = 0.01
"""Short against the 50 ms in which the router expects an answer, long against the work of one tick."""
LOOP_NICE = -10
SEED = 20_261_122
"""Every run sends the same frames."""


@dataclass(frozen=True, slots=True)
class Received:
    """Packets that arrived at a group of subscribers."""

    packets: int
    duplicates: int
    reordered: int
    late: int

    def since(self, earlier: Received) -> Received:
        """Return the difference to an *earlier* count."""
        return Received(
            self.packets - earlier.packets,
            self.duplicates - earlier.duplicates,
            self.reordered - earlier.reordered,
            self.late - earlier.late,
        )


class Generator:
    """All peers of a run; comes from :func:`open_generator`."""

    def __init__(self) -> None:
        self.loop = LoadLoop(PROTECT_ADDRESS)
        self.checker = SampleChecker()
        self._tended: dict[int, Tended] = {}
        self._awaited: dict[int, trio.Event] = {}
        """Subscribers that have received nothing yet."""

    def add_publisher(self, publisher: Publisher) -> int:
        """Take over a connected publisher; returns its index."""
        session = publisher.peer.outbound()
        index = self.loop.add_publisher(
            publisher.peer.socket.fileno(),
            session,
            address_of(session),
            publisher.video.as_struct(),
            publisher.audio.as_struct(),
            SEED + len(self._tended),
        )
        self._tended[index] = TendedPublisher(publisher, self.loop, index)
        return index

    def add_subscriber(self, subscriber: Subscriber) -> int:
        """Take over a connected subscriber; returns its index."""
        join_datagrams(subscriber.peer.socket)
        index = self.loop.add_subscriber(subscriber.peer.socket.fileno(), subscriber.video_type, subscriber.audio_type)
        self.checker.add(index, subscriber.peer.inbound(), subscriber.video_type)
        self._tended[index] = TendedSubscriber(subscriber, self.loop, index)
        return index

    def forget(self, index: int) -> None:
        """Stop tending a peer that is about to close."""
        self._tended.pop(index, None)

    def sent_packets(self, publishers: Sequence[int]) -> int:
        """Return how many packets *publishers* have sent together."""
        sent = [self.loop.sent(index) for index in publishers]
        return sum(video + audio for video, _, audio, *_ in sent)

    def received(self, subscribers: Sequence[int]) -> Received:
        """Return what *subscribers* have received together."""
        counts = [self.loop.received(index) for index in subscribers]
        return Received(*(sum(column) for column in zip(*counts, strict=True)))

    async def first_packet(self, subscriber: int) -> None:
        """Return when *subscriber* has received something."""
        await self._awaited.setdefault(subscriber, trio.Event()).wait()

    async def tend(self) -> None:
        """Check samples, answer the router, send reports and consent checks; forever."""
        begun_s = trio.current_time()
        while True:
            await trio.sleep(TICK_S)
            now_s = trio.current_time() - begun_s
            for sample in self.loop.take_samples():
                self.checker.check(*sample)
            for index, _, data in self.loop.take_control():
                self._answer(index, data, now_s)
            for tended in self._tended.values():
                for datagram in tended.due(now_s, time.time()):
                    _send(tended, datagram)
            for index in [index for index in self._awaited if self.loop.received(index)[0]]:
                self._awaited.pop(index).set()

    def _answer(self, index: int, data: bytes, now_s: float) -> None:
        tended = self._tended.get(index)
        response = tended.receive(data, now_s) if tended is not None and data else None
        if tended is not None and response is not None:
            _send(tended, response)


def _send(tended: Tended, datagram: bytes) -> None:
    # A full buffer or a router that has gone loses a datagram, as a network does.
    with suppress(OSError):
        tended.peer.socket.send(datagram)


def _run_preferred(loop: LoadLoop) -> None:
    """What else runs on the load's core must not hold up packets that carry the time of their sending."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOOP_NICE)
    loop.run()


@asynccontextmanager
async def open_generator() -> AsyncIterator[Generator]:
    """Run a load generator for the length of an ``async with`` block."""
    generator = Generator()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.to_thread.run_sync, _run_preferred, generator.loop)
        nursery.start_soon(generator.tend)
        try:
            yield generator
        finally:
            generator.loop.stop()
            nursery.cancel_scope.cancel()
