"""One measurement: so much load for so long, and what it did (warm)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import trio

from benchmarks.generator import Generator
from benchmarks.measure import ProcessReading, core_busy_s, read_process
from benchmarks.room import Room

__all__ = ["LOSS_LIMIT", "Bench", "Delays", "Step", "collect_delays", "percentile", "sample_every"]

LOSS_LIMIT = 0.001
QUEUE_LIMIT_US = 10_000.0
"""A median delay above this, and above the time to the next frame, means a queue that grows: loss that a short trial
does not live to see."""
FRAMES_PER_S = 30
AUDIO_PACKETS_PER_S = 50
DRAIN_S = 0.2
"""What arrives later than this after the last packet was sent is lost to a viewer too."""
MAX_DRAINS = 20
SAMPLES_PER_S = 1000
MIN_SAMPLE_EVERY = 7
"""A prime, so that samples do not beat with the order of subscribers."""
PACKETS_PER_S = FRAMES_PER_S * 6.5 + AUDIO_PACKETS_PER_S


@dataclass(frozen=True, slots=True)
class Delays:
    """From the publisher's send to the arrival at the subscriber's socket, of the sampled packets."""

    p50_us: float
    p99_us: float
    max_us: float
    samples: int
    corrupt: int
    """Samples that did not decrypt to what was sent."""


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one measurement."""

    subscribers: int
    load: float
    """Publishers' worth of traffic that each publisher sent."""
    seconds: float
    sent_packets: int
    expected_packets: int
    forwarded_packets: int
    forwarded_in_time_packets: int
    """Those that had arrived when the last packet was sent; the rest had waited in a queue."""
    duplicates: int
    reordered: int
    delays: Delays
    skipped_frames: int
    """Above 0 the load generator, not the router, was too slow."""
    router_core_busy: float | None
    """Work done for this step, what was left when the last packet had been sent included, by the time of sending.
    None if the router is on another machine.
    """
    load_core_busy: float
    router_cpu_us_per_packet: float | None
    thread_cpu_us_per_packet: dict[str, float] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """Lost packets of those expected."""
        return 1 - self.forwarded_packets / self.expected_packets

    @property
    def forwarded_packets_per_s(self) -> float:
        """Packets that arrived while the load lasted: a backlog worked off later is no rate to keep up."""
        return self.forwarded_in_time_packets / self.seconds

    @property
    def neighbours_busy(self) -> float | None:
        """The share of the router's core that something else took."""
        if self.router_cpu_us_per_packet is None or self.router_core_busy is None:
            return None
        return self.router_core_busy - self.router_cpu_us_per_packet * self.forwarded_packets / self.seconds / 1e6

    @property
    def is_loss_free(self) -> bool:
        """Tell whether the router kept up with a load that was really offered."""
        # More than was sent comes out of a queue that an earlier step left behind.
        queue_limit_us = max(QUEUE_LIMIT_US, 1e6 / (FRAMES_PER_S * self.load))
        kept_up = abs(self.loss) < LOSS_LIMIT and self.delays.p50_us < queue_limit_us
        return kept_up and not self.skipped_frames and not self.delays.corrupt


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements of a run share."""

    generator: Generator
    router_pid: int | None
    router_core: int
    load_core: int
    spread_us: int

    async def measure(self, room: Room, load: float, seconds: float) -> Step:
        """Let each publisher of *room* send *load* publishers' worth of traffic for *seconds*."""
        generator, loop = self.generator, self.generator.loop
        generator.checker.restart()
        sent, received = generator.sent_packets(room.publishers), generator.received(room.subscribers)
        skipped, cpu = loop.skipped_frames, self.read_router()
        busy = core_busy_s(self.router_core), core_busy_s(self.load_core)
        begun_s = trio.current_time()
        loop.sample(sample_every(PACKETS_PER_S * load * len(room.subscribers)))
        self.start_traffic(room, load)
        await trio.sleep(seconds)
        loop.stop_traffic()
        elapsed_s = trio.current_time() - begun_s
        in_time = generator.received(room.subscribers).since(received)
        load_busy_s = core_busy_s(self.load_core) - busy[1]
        await trio.sleep(DRAIN_S)
        router_busy_s = core_busy_s(self.router_core) - busy[0]
        sent = generator.sent_packets(room.publishers) - sent
        arrived = generator.received(room.subscribers).since(received)
        process_us, threads_us = _cpu_us_per_packet(cpu, self.read_router(), arrived.packets)
        await self._quiet(room)
        return Step(
            subscribers=len(room.subscribers),
            load=load,
            seconds=elapsed_s,
            sent_packets=sent,
            expected_packets=sent * len(room.subscribers) // len(room.publishers),
            forwarded_packets=arrived.packets,
            forwarded_in_time_packets=in_time.packets,
            duplicates=arrived.duplicates,
            reordered=arrived.reordered,
            delays=collect_delays(generator),
            skipped_frames=loop.skipped_frames - skipped,
            router_core_busy=None if cpu is None else router_busy_s / elapsed_s,
            load_core_busy=load_busy_s / elapsed_s,
            router_cpu_us_per_packet=process_us,
            thread_cpu_us_per_packet=threads_us,
        )

    def start_traffic(self, room: Room, load: float) -> None:
        """Let each publisher of *room* send *load* publishers' worth of traffic from now on."""
        self.generator.loop.start_traffic(
            room.publishers,
            frame_rate=FRAMES_PER_S * load,
            audio_rate=AUDIO_PACKETS_PER_S * load,
            spread_us=self.spread_us,
        )

    async def _quiet(self, room: Room) -> None:
        """Wait until an overloaded router has sent what it still held, so that the next step starts clean."""
        for _ in range(MAX_DRAINS):
            before = self.generator.received(room.subscribers)
            await trio.sleep(DRAIN_S)
            if self.generator.received(room.subscribers) == before:
                return

    def read_router(self) -> ProcessReading | None:
        """Return the router's CPU time and memory, None if it is on another machine."""
        return read_process(self.router_pid) if self.router_pid is not None else None


def percentile(values: list[float], percent: float) -> float:
    """Return the nearest-rank percentile of *values*, 0 if there are none."""
    ordered = sorted(values)
    rank = max(0, math.ceil(percent * len(ordered) / 100) - 1)
    return ordered[rank] if ordered else 0.0


def sample_every(packets_per_s: float) -> int:
    """Return of how many packets one can be checked without work worth mentioning."""
    return max(MIN_SAMPLE_EVERY, int(packets_per_s / SAMPLES_PER_S) | 1)


def collect_delays(generator: Generator) -> Delays:
    """Return what the samples say since the checker was restarted."""
    delays, checker = generator.checker.delays_us, generator.checker
    return Delays(
        p50_us=percentile(delays, 50),
        p99_us=percentile(delays, 99),
        max_us=max(delays, default=0.0),
        samples=checker.checked,
        corrupt=checker.corrupt,
    )


def _cpu_us_per_packet(
    before: ProcessReading | None, after: ProcessReading | None, packets: int
) -> tuple[float | None, dict[str, float]]:
    if before is None or after is None or not packets:
        return None, {}
    threads = {name: (cpu_s - before.threads.get(name, 0.0)) * 1e6 / packets for name, cpu_s in after.threads.items()}
    return (after.cpu_s - before.cpu_s) * 1e6 / packets, threads
