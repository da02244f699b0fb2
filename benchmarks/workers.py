"""What a second worker adds when one publisher's subscribers are on both (warm).

Subscribers are sockets that nobody reads, so two cores are enough for two workers: what the kernel does for a
datagram up to the full socket is in the workers' time, a receiver's own work is not.
"""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import statistics
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Final

import pylibsrtp

from benchmarks.ice import IceAgent
from benchmarks.results import keep
from ovrouter._fastpath import Worker

__all__ = ["SUMMARY", "Comparison", "Forwarding", "add_arguments", "run_command"]

SUMMARY = "forwarding by one worker and by two, to subscribers that do not read"

PROFILE: Final = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
PASSWORD: Final = "p" * 24
VIDEO, SSRC = 96, 0x1000
FRAME_PACKETS: Final = 6
FRAME_S: Final = 0.001
"""Six thousand packets a second: more than two workers can hand to 500 subscribers, so they are never idle."""
PAYLOAD_BYTES: Final = 1100
HOLD_US: Final = 500
SETTLE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What a number of workers did together."""

    packets_per_s: float
    cpu_us_per_packet: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Medians over the rounds."""

    subscribers: int
    one_worker: Forwarding
    two_workers: Forwarding
    ratio: float
    """Of packets per second, two to one."""
    cpu_ratio: float
    """Of CPU time per packet: what handing packets over costs, also where something else uses the cores."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--subscribers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=7)


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON."""
    ones, twos = [], []
    for _ in range(options.rounds):
        ones.append(_measure(1, options.subscribers, options.seconds))
        twos.append(_measure(2, options.subscribers, options.seconds))
    comparison = _compare(options.subscribers, ones, twos)
    keep("workers", asdict(comparison))
    return 0


def _compare(subscribers: int, ones: list[Forwarding], twos: list[Forwarding]) -> Comparison:
    pairs = list(zip(ones, twos, strict=True))
    return Comparison(
        subscribers,
        _median(ones),
        _median(twos),
        statistics.median(two.packets_per_s / one.packets_per_s for one, two in pairs),
        statistics.median(two.cpu_us_per_packet / one.cpu_us_per_packet for one, two in pairs),
    )


def _median(measured: list[Forwarding]) -> Forwarding:
    return Forwarding(
        statistics.median(each.packets_per_s for each in measured),
        statistics.median(each.cpu_us_per_packet for each in measured),
    )


def _measure(count: int, subscribers: int, seconds: float) -> Forwarding:
    """Let *count* workers, each on a core of its own, forward what one publisher sends."""
    with ExitStack() as stack:
        sites = [_Site(stack) for _ in range(count)]
        for core, site in enumerate(sites):
            stack.enter_context(site.running(core))
        publisher = _Publisher(sites[0], stack)
        for site in sites:
            track = publisher.track
            if site is not sites[0]:
                sites[0].worker.connect(site.worker)
                track = sites[0].worker.mirror_up_track(track, site.worker)
            for _ in range(subscribers // count):
                site.subscribe(track, stack)
        with publisher.flooding():
            time.sleep(SETTLE_S)
            packets, cpu_s = _read(sites)
            time.sleep(seconds)
            packets_later, cpu_later_s = _read(sites)
    packets = packets_later - packets
    return Forwarding(packets / seconds, (cpu_later_s - cpu_s) * 1e6 / packets)


def _read(sites: list[_Site]) -> tuple[int, float]:
    """Packets forwarded and CPU seconds used so far."""
    return sum(site.forwarded_packets for site in sites), sum(site.cpu_s for site in sites)


def _udp_socket(stack: ExitStack) -> socket.socket:
    sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.bind(("127.0.0.1", 0))
    return sock


class _Site:
    """A worker with its socket."""

    def __init__(self, stack: ExitStack) -> None:
        sock = _udp_socket(stack)
        sock.setblocking(False)
        self.address = sock.getsockname()
        self.worker = Worker([sock], hold_us=HOLD_US)
        stack.callback(self.worker.close)
        self._clock_id = 0

    @property
    def cpu_s(self) -> float:
        """CPU time of the worker's thread."""
        return time.clock_gettime(self._clock_id)

    @property
    def forwarded_packets(self) -> int:
        return self.worker.counters()["forwarded_packets"]

    def connect(self, stack: ExitStack, inbound: bytes = b"k" * 28) -> tuple[int, socket.socket]:
        """A transport and its peer's socket, whose check waits for the worker."""
        sock = _udp_socket(stack)
        agent = IceAgent("peer", PASSWORD)
        ufrag = secrets.token_hex(4)
        transport = self.worker.add_transport(ufrag.encode(), PASSWORD.encode())
        self.worker.set_keys(transport, PROFILE, inbound, secrets.token_bytes(28))
        agent.set_remote(ufrag, PASSWORD)
        sock.sendto(agent.binding_request(), self.address)
        return transport, sock

    def subscribe(self, track: int, stack: ExitStack) -> None:
        """Send the track to a socket that nobody reads."""
        transport, sock = self.connect(stack)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)  # the least the kernel allows
        self.worker.add_down_track(track, transport, ssrc=SSRC, payload_types=[(VIDEO, VIDEO)])

    @contextmanager
    def running(self, core: int) -> Iterator[None]:
        """Serve on *core*."""

        def serve() -> None:
            os.sched_setaffinity(0, {core})
            self.worker.run()

        thread = threading.Thread(target=serve)
        thread.start()
        self._clock_id = time.pthread_getcpuclockid(thread.ident or 0)
        try:
            yield
        finally:
            self.worker.stop()
            thread.join()


def _go_before_media_threads() -> None:
    """On a machine without a third core they would leave this thread no time: they run in real time where they may."""
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(os.sched_get_priority_min(os.SCHED_RR) + 1))


class _Publisher:
    """Sends frames of encrypted video as fast as the workers cannot follow."""

    def __init__(self, site: _Site, stack: ExitStack) -> None:
        key = secrets.token_bytes(28)
        transport, self._socket = site.connect(stack, key)
        self._socket.connect(site.address)
        policy = pylibsrtp.Policy(key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILE)
        self._srtp = pylibsrtp.Session(policy=policy)
        self.track = site.worker.add_up_track(is_video=True, clock_rate=90_000)
        site.worker.bind_up_track(self.track, transport, codecs=[(VIDEO, "VP8", 0)], ssrc=SSRC)
        self._packets = 0

    @contextmanager
    def flooding(self) -> Iterator[None]:
        """Send frames from a thread of its own."""
        is_over = threading.Event()

        def send() -> None:
            _go_before_media_threads()
            due_s = time.monotonic()
            while not is_over.wait(max(0.0, due_s - time.monotonic())):
                due_s += FRAME_S
                for index in range(FRAME_PACKETS):
                    self._socket.send(self._packet(is_last=index == FRAME_PACKETS - 1))

        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()

    def _packet(self, *, is_last: bool) -> bytes:
        kind = VIDEO | (0x80 if is_last else 0)
        timestamp = 3000 * (self._packets // FRAME_PACKETS)
        header = struct.pack(">BBHII", 0x80, kind, self._packets & 0xFFFF, timestamp & 0xFFFFFFFF, SSRC)
        # VP8: a keyframe (RFC 7741 section 4.3) at the very start.
        payload = (b"\x10\x00" if self._packets == 0 else b"\x00\x01").ljust(PAYLOAD_BYTES, b"v")
        self._packets += 1
        return self._srtp.protect(header + payload)
