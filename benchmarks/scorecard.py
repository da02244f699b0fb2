"""The scorecard: RFC 8867's wired cases, and loss, through the core that ships, in virtual time (warm)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import loss_table
from benchmarks.simulation.cases import CASES, Case
from benchmarks.simulation.link import Link
from benchmarks.simulation.world import Flow, Sample, World

__all__ = ["SUMMARY", "Score", "add_arguments", "judge", "run_command", "table"]

SUMMARY = "run RFC 8867's wired cases and lossy paths in a simulated network and write docs/scorecard.md"
PAGE: Final = Path(__file__).parent.parent / "docs" / "scorecard.md"
MEDIA_BPS: Final = 1_500_000
SETTLED_S: Final = 5
"""Start-up is judged by its convergence, not by the averages."""
CONVERGED: Final = 0.8


@dataclass(frozen=True)
class Score:
    """What one case gave."""

    utilisation: float
    """Received by media flows, of what the bottleneck and the encoders allowed."""
    queueing_p95_ms: float
    convergence_s: float
    """Until the first flow had 80 % of what it could have."""
    fairness: float
    """Jain's index over the flows in the second half; 1 is equal."""


def judge(case: Case, flows: Sequence[Flow], link: Link) -> Score:
    """Score the samples that a case left; *link* is its bottleneck."""
    here = [flow for flow in flows if flow.forward is link]
    return Score(
        utilisation=_utilisation(here, link),
        queueing_p95_ms=_percentile((s.queueing_ms for s in here[0].samples if s.at_s > SETTLED_S), 0.95),
        convergence_s=next((s.at_s for s in here[0].samples if s.received_bps >= CONVERGED * _allowed(link, s, 1)), 0),
        fairness=_jain([_mean(flow, case.duration_s / 2) for flow in here]),
    )


def _utilisation(flows: Sequence[Flow], link: Link) -> float:
    received = sum(s.received_bps for flow in flows for s in flow.samples if s.at_s > SETTLED_S)
    allowed = 0.0
    for sample in flows[0].samples:
        active = sum(flow.start_us < sample.at_s * 1e6 and not flow.publisher.is_paused for flow in flows)
        allowed += _allowed(link, sample, active) if sample.at_s > SETTLED_S else 0
    return received / allowed


def _allowed(link: Link, sample: Sample, flows: int) -> float:
    return min(link.capacity_bps(int(sample.at_s * 1e6)), flows * MEDIA_BPS)


def _mean(flow: Flow, from_s: float) -> float:
    values = [sample.received_bps for sample in flow.samples if sample.at_s >= from_s]
    return sum(values) / len(values)


def _percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[int(share * len(ordered))]


def _jain(rates: Sequence[float]) -> float:
    return float(sum(rates) ** 2 / (len(rates) * sum(rate**2 for rate in rates)))


def table(scores: Sequence[tuple[Case, Score]]) -> str:
    """The scores as Markdown."""
    rows = [
        "| Case | What | Utilisation | p95 queueing delay | Convergence | Fairness (Jain) |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {case.section} | {case.name} | {score.utilisation:.0%} | {score.queueing_p95_ms:.0f} ms "
        f"| {score.convergence_s:.1f} s | {score.fairness:.2f} |"
        for case, score in scores
    ]
    return "\n".join(rows) + "\n"


HEAD: Final = """# What the network does, and what is left of it: scorecard

`make bench` writes this page anew.

## How subscribers' bandwidth is found

The wired cases of [RFC 8867](https://www.rfc-editor.org/rfc/rfc8867#section-5), run in virtual time through the core
that ships (`ovrouter/_fastpath`): a publisher whose encoder obeys REMB, the core, an emulated bottleneck, a subscriber
that reports every 100 ms and asks for what is missing.

Utilisation counts media only, after the first 5 s: beside TCP it is our share, not the link's use. Convergence is the
time until the first flow has 80 % of what it could have; most of it is the emulated encoder's, which doubles its rate
each second.

"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")


def run_command(options: argparse.Namespace) -> int:
    """Run all cases, print the table and write the page; the exit status."""
    scores = []
    for case in CASES:
        world = World()
        link = case.build(world)
        world.run(case.duration_s)
        scores.append((case, judge(case, world.flows, link)))
    text = HEAD + table(scores) + "\n" + loss_table.section()
    print(text)
    options.page.write_text(text)
    return 0
