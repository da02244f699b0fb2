"""The scorecard's third part: the same through the kernel's bottlenecks and losses (warm)."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from typing import Final

from benchmarks.congestion_table import Scores, judge, table
from benchmarks.network.real_world import PEERS_NICENESS, RealWorld
from benchmarks.simulation.cases import CASES
from benchmarks.simulation.lossy import PATHS, begin
from benchmarks.simulation.lossy import judge as judge_loss

__all__ = ["missing", "run", "section"]

LOSS_S: Final = 40
TOOLS: Final = ("ip", "tc", "nft", "sysctl")
TRUTHFUL_SHARE: Final = 0.05
LATE_US: Final = 10_000
"""More than a timer's resolution, less than a frame lasts."""

HEAD: Final = f"""## The same through the kernel

A media thread with its sockets (`Worker`), the same publishers and subscribers, each bottleneck a network namespace on
the way to them: `tbf` is the bottleneck, `nft` drops packets at random in both directions, TCP is the kernel's (Reno).
Delays are added by the peers, who wait before they look; TCP's acknowledgements wait for both directions. Everything
runs at the same time, in real time.

What arrived when, for the tables and for the subscribers' reports, is told by the kernel's timestamps, so it does not
matter when the peers' process gets to look. Queueing delay is what a packet spent between two such timestamps, before
and after its bottleneck. What the peers send is late when their process is, which runs at nice {PEERS_NICENESS};
publishers that were held up leave frames out.

"""
LOSS_HEAD: Final = """
| Faults | Delivered, subscriber's side | Delivered, publisher's side | Required |
|---|---|---|---|
"""


def missing() -> str:
    """What keeps this part from running; empty if nothing does."""
    tools = [tool for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() == 0 and not tools:
        return ""
    return "it needs root" + (f" and {', '.join(tools)}" if tools else "")


def section(text: str) -> str:
    """The part of the page about the kernel's network."""
    return HEAD + text


def run() -> tuple[Scores, str]:
    """Run it; the scores, and all of it as Markdown."""
    scores, text = _congestion()
    return scores, text + _loss()


def _congestion() -> tuple[Scores, str]:
    with ExitStack() as stack:
        world = RealWorld(stack)
        links = []
        for case in CASES:
            before = len(world.flows)
            links.append(case.build(world))
            for flow in world.flows[before:]:
                flow.end_us = case.duration_s * 1_000_000
        world.run(max(case.duration_s for case in CASES))
        scores = [(case, judge(case, world.flows, link)) for case, link in zip(CASES, links, strict=True)]
        return scores, table(scores) + _late(world)


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
    share = sum(late_us > LATE_US for late_us in world.late_us) / len(world.late_us)
    verdict = (
        ""
        if share <= TRUTHFUL_SHARE
        else "\n**Too busy: these figures say more of the machine than of the network.**\n"
    )
    return verdict + (
        f"\nThe peers' process was late by {max(world.late_us) / 1000:.0f} ms at worst, by more than"
        f" {LATE_US // 1000} ms in {share:.1%} of its steps of a millisecond: that is the machine's share.\n"
    )
