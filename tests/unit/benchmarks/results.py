"""Figures as a run gives them."""

from __future__ import annotations

from benchmarks.floor import FloorResult
from benchmarks.step import Delays, Step

DELAYS = Delays(p50_us=100.0, p99_us=200.0, max_us=3000.0, samples=50, corrupt=0)
STEP = Step(
    subscribers=25,
    load=4.0,
    seconds=2.0,
    sent_packets=2000,
    expected_packets=50_000,
    forwarded_packets=50_000,
    forwarded_in_time_packets=50_000,
    duplicates=0,
    reordered=0,
    delays=DELAYS,
    skipped_frames=0,
    router_core_busy=0.9,
    load_core_busy=0.5,
    router_cpu_us_per_packet=2.0,
)
FLOOR = FloorResult(25, 50_000.0, 1.25, 2.4, 1.0, DELAYS, 1.6)
