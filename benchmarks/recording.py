"""What recording a call does to the packets that its subscribers get (warm)."""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from benchmarks.cameras import make_clip, open_cameras
from benchmarks.generator import open_generator
from benchmarks.measure import process_tree, proportional_bytes, read_process
from benchmarks.results import keep
from benchmarks.room import Room
from benchmarks.routers.openvidu import OpenViduSession
from benchmarks.routers.openvidu_client import OpenViduRest, open_rest
from benchmarks.routers.ovrouter import open_ovrouter
from benchmarks.step import AUDIO_PACKETS_PER_S, FRAMES_PER_S, Bench, Step
from ovrouter.rtc.dtls import SRTP_PROFILES

__all__ = ["MODES", "SUMMARY", "Span", "add_arguments", "run_command", "summary"]

SUMMARY = "delay of the packets of a call while it is recorded, and while it is not"
ROUTER_CORE, LOAD_CORE = 0, 1
LOAD = 1.0
VIEWERS = 25
CAMERAS = 4
MODES = ("", "INDIVIDUAL", "COMPOSED")
SETTLE_S = 3
"""A recording's beginning and end are work too, but not what is measured."""


@dataclass(frozen=True, slots=True)
class Span:
    """The packets, and the processes that recorded meanwhile."""

    step: Step
    cpu_percent: float
    """Of a core."""
    memory_mib: float
    """Proportional set size."""


Round = Mapping[str, Span]
"""The same traffic in each of MODES."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each span")


def run_command(options: argparse.Namespace) -> int:
    """Measure in turns, print as JSON."""
    # The router has a core of its own, which the processes that record share: they are the neighbours in question.
    os.sched_setaffinity(0, {LOAD_CORE})
    keep("recording", summary(trio.run(_measure, options.rounds, options.seconds)))
    return 0


def summary(rounds: Sequence[Round]) -> dict[str, Any]:
    """By mode: medians over the rounds, and how far the mode moved the 99th percentile of its round."""
    return {mode or "not recorded": _of_mode(mode, rounds) for mode in MODES}


def _of_mode(mode: str, rounds: Sequence[Round]) -> dict[str, float]:
    spans = [one[mode] for one in rounds]
    steps = [span.step for span in spans]
    moved = [one[mode].step.delays.p99_us / one[""].step.delays.p99_us for one in rounds]
    return {
        "p50_us": statistics.median(step.delays.p50_us for step in steps),
        "p99_us": statistics.median(step.delays.p99_us for step in steps),
        "p99 / p99 not recorded": statistics.median(moved),
        "sent_packets": statistics.median(step.sent_packets for step in steps),
        "lost_packets": sum(step.expected_packets - step.forwarded_packets for step in steps),
        "cpu_percent": statistics.median(span.cpu_percent for span in spans),
        "memory_mib": statistics.median(span.memory_mib for span in spans),
    }


async def _measure(rounds: int, span_s: float) -> list[Round]:
    with tempfile.TemporaryDirectory(prefix="ovrouter-recording-") as name:
        clips = [Path(name) / f"camera{number}.webm" for number in range(CAMERAS)]
        for number, clip in enumerate(clips):
            await trio.to_thread.run_sync(make_clip, clip, number)
        settings = {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": name}
        async with (
            open_ovrouter(settings, ROUTER_CORE) as router,
            open_rest(router.url, router.secret) as rest,
            open_generator() as generator,
            trio.open_nursery() as nursery,
        ):
            session = await rest.create_session()
            tokens = [await rest.create_token(session, "PUBLISHER", is_recorded=True) for _ in clips]
            recorded = OpenViduSession(rest, session, is_recorded=True)
            room = Room(recorded, generator, router.ip, SRTP_PROFILES, nursery)
            await room.add_publishers(1)
            await room.add_subscribers(VIEWERS)
            bench = Bench(generator, router.pid, ROUTER_CORE, LOAD_CORE, spread_us=0)
            async with open_cameras(tokens, clips):
                results = [await _round(number, bench, room, rest, session, span_s) for number in range(rounds)]
            nursery.cancel_scope.cancel()
        return results


async def _round(number: int, bench: Bench, room: Room, rest: OpenViduRest, session: str, span_s: float) -> Round:
    """Measure every mode, beginning with another one than in the round before."""
    first = number % len(MODES)
    spans = {}
    for mode in MODES[first:] + MODES[:first]:
        recording = await _start(mode, bench, room, rest, session) if mode else None
        await trio.sleep(SETTLE_S)
        spans[mode] = await _span(bench, room, span_s)
        if recording is not None:
            await rest.stop_recording(recording)
    return spans


async def _span(bench: Bench, room: Room, span_s: float) -> Span:
    assert bench.router_pid is not None
    children = [pid for pid in process_tree(bench.router_pid) if pid != bench.router_pid]
    before_s, began_s = _cpu_s(children), trio.current_time()
    step = await bench.measure(room, LOAD, span_s)
    cpu_percent = 100 * (_cpu_s(children) - before_s) / (trio.current_time() - began_s)
    return Span(step, cpu_percent, sum(map(proportional_bytes, children)) / 2**20)


def _cpu_s(pids: Sequence[int]) -> float:
    return sum(read_process(pid).cpu_s for pid in pids)


async def _start(mode: str, bench: Bench, room: Room, rest: OpenViduRest, session: str) -> str:
    # It has begun when all streams have come; the measured one is silent between the spans.
    bench.generator.loop.start_traffic(
        room.publishers, frame_rate=FRAMES_PER_S, audio_rate=AUDIO_PACKETS_PER_S, spread_us=0
    )
    recording = await rest.start_recording(session, outputMode=mode)
    bench.generator.loop.stop_traffic()
    return recording
