"""The scorecard's third part: some of the same through the kernel's bottlenecks and losses (warm)."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from typing import Final

from benchmarks.congestion_table import judge, table
from benchmarks.network.real_world import RealWorld
from benchmarks.simulation.cases import CASES
from benchmarks.simulation.lossy import PATHS, begin
from benchmarks.simulation.lossy import judge as judge_loss

__all__ = ["section"]

SECTIONS: Final = ("5.1", "5.2", "5.4", "5.5", "5.6")
LOSS_S: Final = 40
TOOLS: Final = ("ip", "tc", "nft")

HEAD: Final = """## The same through the kernel

A media thread with its socket (`Worker`), the same publishers and subscribers, each bottleneck a network namespace
behind a virtual interface: `tbf` is the bottleneck, `nft` drops packets at random in both directions, TCP is the
kernel's. Delays are added by the peers, who wait before they look. Everything runs at the same time, in real time.

"""
LOSS_HEAD: Final = """
| Faults | Delivered, subscriber's side | Delivered, publisher's side | Required |
|---|---|---|---|
"""


def section() -> str:
    """Run it; the section as Markdown."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        return HEAD + "Not run: it needs root" + (f" and {', '.join(missing)}" if missing else "") + ".\n"
    return HEAD + _congestion() + _loss()


def _congestion() -> str:
    cases = [case for case in CASES if case.section in SECTIONS]
    with ExitStack() as stack:
        world = RealWorld(stack)
        links = []
        for case in cases:
            before = len(world.flows)
            links.append(case.build(world))
            for flow in world.flows[before:]:
                flow.end_us = case.duration_s * 1_000_000
        world.run(max(case.duration_s for case in cases))
        scores = [(case, judge(case, world.flows, link)) for case, link in zip(cases, links, strict=True)]
        return table(scores) + _late(world)


def _loss() -> str:
    paths = [path for path in PATHS if path.is_random]
    with ExitStack() as stack:
        world = RealWorld(stack)
        flows = [[begin(world, path, is_uplink=is_uplink) for is_uplink in (False, True)] for path in paths]
        world.run(LOSS_S)
        rows = []
        for path, pair in zip(paths, flows, strict=True):
            down, up = (judge_loss([flow], LOSS_S).delivered for flow in pair)
            required = f"{path.required:.1%}" if path.required else ""
            rows.append(f"| {path.name} | {down:.2%} | {up:.2%} | {required} |")
        return LOSS_HEAD + "\n".join(rows) + "\n" + _late(world)


def _late(world: RealWorld) -> str:
    return f"\nThe peers' process was late by {world.late_us / 1000:.0f} ms at worst: that is the machine's share.\n"
