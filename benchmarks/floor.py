"""The floor in the same run: the same packets to as many sinks, encrypted and sent by a bare loop (warm)."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import trio
from pylibsrtp import Policy

from benchmarks import srtp
from benchmarks._floor import FloorLoop
from benchmarks.generator import SEED, Generator
from benchmarks.load import Media
from benchmarks.peer_socket import join_datagrams, open_socket
from benchmarks.step import Delays, collect_delays, sample_every

__all__ = ["Floor", "FloorResult", "open_floor"]

DRAIN_S = 0.2
EXPECTED_PACKETS_PER_S = 500_000.0
"""For the rate of samples only."""
_IP = "127.0.0.1"
_KEY_AND_SALT_BYTES = 28
"""Of AEAD_AES_128_GCM, the cheapest profile."""
_PROFILE = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
_VIDEO = Media(ssrc=1, payload_type=96, abs_send_time=2, transport_cc=3)
_AUDIO = Media(ssrc=2, payload_type=111, audio_level=1, transport_cc=3)


@dataclass(frozen=True, slots=True)
class FloorResult:
    """One run of the floor, as fast as it could, and one at the pace of one publisher."""

    sinks: int
    packets_per_s: float
    cpu_us_per_packet: float
    packets_per_message: float
    received_ratio: float
    delays: Delays
    """From the building of a packet to its arrival, the wait for a batch to fill included."""
    paced_cpu_us_per_packet: float


class _Sent(NamedTuple):
    """What one run came to."""

    packets: int
    packets_per_s: float
    cpu_us_per_packet: float


class Floor:
    """A sender and its sinks; comes from :func:`open_floor`."""

    def __init__(self, loop: FloorLoop, generator: Generator, sinks: list[int]) -> None:
        self._loop = loop
        self._generator = generator
        self._sinks = sinks

    async def run(self, seconds: float, core: int) -> FloorResult:
        """Send for *seconds* on *core* as fast as it goes, and for as long at the pace of one publisher."""
        paced = await self._send(seconds, core, is_paced=True)
        self._generator.checker.restart()
        self._generator.loop.sample(sample_every(EXPECTED_PACKETS_PER_S))
        messages, received = self._loop.sent_messages, self._generator.received(self._sinks)
        flat_out = await self._send(seconds, core, is_paced=False)
        return FloorResult(
            sinks=len(self._sinks),
            packets_per_s=flat_out.packets_per_s,
            cpu_us_per_packet=flat_out.cpu_us_per_packet,
            packets_per_message=flat_out.packets / (self._loop.sent_messages - messages),
            received_ratio=self._generator.received(self._sinks).since(received).packets / flat_out.packets,
            delays=collect_delays(self._generator),
            paced_cpu_us_per_packet=paced.cpu_us_per_packet,
        )

    async def _send(self, seconds: float, core: int, *, is_paced: bool) -> _Sent:
        before = self._loop.sent_packets
        elapsed_s, cpu_s = await trio.to_thread.run_sync(self._run_pinned, seconds, core, is_paced)
        await trio.sleep(DRAIN_S)
        packets = self._loop.sent_packets - before
        return _Sent(packets, packets / elapsed_s, cpu_s * 1e6 / packets)

    def _run_pinned(self, seconds: float, core: int, is_paced: bool) -> tuple[float, float]:
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            begun_s = time.thread_time()
            return self._loop.run(seconds, is_paced=is_paced), time.thread_time() - begun_s
        finally:
            os.sched_setaffinity(0, before)


@contextmanager
def open_floor(generator: Generator, sinks: int) -> Iterator[Floor]:
    """Open *sinks* sockets that the load generator reads, and one that sends to them."""
    with ExitStack() as stack:
        sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sender.bind((_IP, 0))
        loop = FloorLoop(srtp.PROTECT_ADDRESS, sender.fileno(), _VIDEO.as_struct(), _AUDIO.as_struct(), SEED)
        indexes = []
        for _ in range(sinks):
            sink = stack.enter_context(open_socket(_IP))
            sink.connect(sender.getsockname())
            join_datagrams(sink)
            indexes.append(generator.loop.add_subscriber(sink.fileno(), _VIDEO.payload_type, _AUDIO.payload_type))
            key = secrets.token_bytes(_KEY_AND_SALT_BYTES)
            generator.checker.add(indexes[-1], srtp.inbound(_PROFILE, key), _VIDEO.payload_type)
            session = srtp.outbound(_PROFILE, key)
            loop.add_sink(session, srtp.address_of(session), _sockaddr_in(sink.getsockname()))
        yield Floor(loop, generator, indexes)


def _sockaddr_in(address: tuple[str, int]) -> bytes:
    """Return C's ``struct sockaddr_in``."""
    family = socket.AF_INET.to_bytes(2, byteorder="little")
    return family + address[1].to_bytes(2, "big") + socket.inet_aton(address[0]) + bytes(8)
