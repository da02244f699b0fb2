"""Where the router's CPU time goes: its stacks, sampled by perf while it forwards (warm)."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import trio

from benchmarks.generator import open_generator
from benchmarks.report import markdown
from benchmarks.results import keep
from benchmarks.room import Room, open_room
from benchmarks.routers.ovrouter import ovrouter
from benchmarks.step import Bench
from ovrouter.rtc.dtls import SRTP_PROFILES

__all__ = ["SUMMARY", "Profile", "add_arguments", "profile_table", "run_command", "shares"]

SUMMARY = "where the router's CPU time goes while it forwards; needs perf"
ROUTER_CORE, LOAD_CORE = 0, 1
SAMPLES_PER_S: Final = 2000

PYTHON = "Python: pings, statistics each second"
LOOPBACK = "kernel: the receivers' half of the network stack"
SENDING = "kernel: sending"
RECEIVING = "kernel: receiving"
WAITING = "kernel: waiting and waking"
CIPHER = "AES-GCM (OpenSSL)"
SRTP = "SRTP (libsrtp)"
OURS = "choosing, rewriting, queueing (ovrouter)"
OTHERS = "copying and others (C library)"
PARTS = (SENDING, LOOPBACK, CIPHER, SRTP, OURS, OTHERS, RECEIVING, WAITING, PYTHON)

Frame = tuple[str, str]
"""Symbol, and the file it is in."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One load."""

    load: float
    """Publishers' worth of traffic."""
    packets_per_s: float
    cpu_us_per_packet: float
    shares: dict[str, float]
    """Of that time, by part."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--loads", type=float, nargs="+", default=[1.0, 15.0], help="publishers' worth of traffic")
    parser.add_argument("--seconds", type=float, default=8.0, help="of each load")


def run_command(options: argparse.Namespace) -> int:
    """Measure, print as JSON; without perf nothing is measured."""
    if shutil.which("perf") is None:
        print("nothing profiled: perf is missing, which on Debian is in linux-perf")
        return 0
    os.sched_setaffinity(0, {LOAD_CORE})
    profiles = trio.run(_measure, options.subscribers, options.loads, options.seconds)
    keep("profile", {"subscribers": options.subscribers, "loads": [asdict(profile) for profile in profiles]})
    return 0


async def _measure(subscribers: int, loads: list[float], seconds: float) -> list[Profile]:
    async with ovrouter({}).open(ROUTER_CORE) as router, open_generator() as generator:
        assert router.pid is not None
        bench = Bench(generator, router.pid, ROUTER_CORE, LOAD_CORE, spread_us=0)
        async with open_room(router, generator, 1, SRTP_PROFILES) as room:
            await room.add_subscribers(subscribers)
            return [await _profile(bench, room, load, seconds) for load in loads]


async def _profile(bench: Bench, room: Room, load: float, seconds: float) -> Profile:
    unprofiled = await bench.measure(room, load, seconds)
    with tempfile.NamedTemporaryFile(prefix="ovrouter-bench-") as file:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_record, bench.router_pid, seconds, file.name)
            await bench.measure(room, load, seconds + 1)
        found = shares(await _stacks(file.name))
    assert unprofiled.router_cpu_us_per_packet is not None
    return Profile(load, unprofiled.forwarded_packets_per_s, unprofiled.router_cpu_us_per_packet, found)


async def _record(pid: int, seconds: float, path: str) -> None:
    command = ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", str(SAMPLES_PER_S), "-o", path, "-p", str(pid)]
    await trio.run_process([*command, "--", "sleep", str(seconds)], capture_stderr=True)


async def _stacks(path: str) -> str:
    command = ["perf", "script", "-i", path, "-F", "comm,pid,tid,ip,sym,dso"]
    return (await trio.run_process(command, capture_stdout=True, stderr=subprocess.DEVNULL)).stdout.decode()


def shares(script: str) -> dict[str, float]:
    """Of all samples in what ``perf script`` wrote, by part."""
    counted = Counter(_part(*sample) for sample in _samples(script))
    return {part: counted[part] / counted.total() for part in PARTS}


def _samples(script: str) -> Iterator[tuple[bool, list[Frame]]]:
    """Whether each is of the process's first thread, and its stack, innermost frame first."""
    for block in script.split("\n\n"):
        head, *lines = block.strip("\n").splitlines() or [""]
        if ids := re.search(r"(\d+)/(\d+)\s*$", head):
            frames = [match.groups() for line in lines if (match := re.match(r"\s*[0-9a-f]+ (.+) \((.+)\)", line))]
            yield ids[1] == ids[2], [(symbol, Path(file).name) for symbol, file in frames]


def _part(is_first_thread: bool, stack: list[Frame]) -> str:
    if is_first_thread:
        return PYTHON
    symbol, file = stack[0] if stack else ("", "")
    if "kernel" in file:
        return _kernel_part({name for name, _ in stack})
    if file.startswith("_core."):
        return OURS
    if file.startswith("_binding."):  # pylibsrtp brings both libraries along
        return SRTP if symbol.startswith(("srtp_", "bitvector_")) else CIPHER
    return OTHERS


def _kernel_part(callers: set[str]) -> str:
    if "net_rx_action" in callers:
        return LOOPBACK
    if "__sys_sendmmsg" in callers:
        return SENDING
    return RECEIVING if "__sys_recvmmsg" in callers else WAITING


def profile_table(result: Mapping[str, Any]) -> str:
    """A Markdown table of what :func:`run_command` kept."""
    loads = result["loads"]
    rows = [["", *(f"{each['packets_per_s']:,.0f} packets/s" for each in loads)], ["---", *("---:" for _ in loads)]]
    rows += [[part, *(f"{each['shares'][part] * each['cpu_us_per_packet']:.2f}" for each in loads)] for part in PARTS]
    return markdown([*rows, ["all", *(f"{each['cpu_us_per_packet']:.2f}" for each in loads)]])
