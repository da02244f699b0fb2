"""The scorecard's first part: RFC 8867's wired cases through the core that ships, in virtual time (warm)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from benchmarks.simulation.cases import CASES, Case
from benchmarks.simulation.link import Link
from benchmarks.simulation.world import Flow, Sample, World

__all__ = ["Score", "Scores", "judge", "run", "section", "table"]

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
    drop_answered_s: float | None
    """At worst, from a drop of capacity until less was sent than it carried; None without drops."""


Scores = Sequence[tuple[Case, Score]]


def judge(case: Case, flows: Sequence[Flow], link: Link) -> Score:
    """Score the samples that a case left; *link* is its bottleneck."""
    here = [flow for flow in flows if flow.forward is link]
    return Score(
        utilisation=_utilisation(here, link),
        queueing_p95_ms=_percentile((s.queueing_ms for s in here[0].samples if s.at_s > SETTLED_S), 0.95),
        convergence_s=next((s.at_s for s in here[0].samples if s.received_bps >= CONVERGED * _allowed(link, s, 1)), 0),
        fairness=_jain([_mean(flow, case.duration_s / 2) for flow in here]),
        drop_answered_s=_drop_answered_s(here, link),
    )


def _utilisation(flows: Sequence[Flow], link: Link) -> float:
    received = sum(s.received_bps for flow in flows for s in flow.samples if s.at_s > SETTLED_S)
    allowed = 0.0
    for sample in flows[0].samples:
        active = sum(flow.start_us < sample.at_s * 1e6 and not flow.publisher.is_paused for flow in flows)
        allowed += _allowed(link, sample, active) if sample.at_s > SETTLED_S else 0
    return received / allowed


def _drop_answered_s(flows: Sequence[Flow], link: Link) -> float | None:
    together = [
        (samples[0].at_s, sum(sample.sent_bps for sample in samples))
        for samples in zip(*(flow.samples for flow in flows), strict=False)
    ]
    capacities = [(at_s, link.capacity_bps(int(at_s * 1e6))) for at_s, _ in together]
    drops = [after for before, after in pairwise(capacities) if after[1] < before[1]]
    answers = (
        next((at_s - drop_s for at_s, bps in together if at_s > drop_s and bps <= capacity_bps), float("inf"))
        for drop_s, capacity_bps in drops
    )
    return max(answers, default=None)


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


def table(scores: Scores) -> str:
    """The scores as Markdown."""
    rows = [
        "| Case | What | Utilisation | p95 queueing delay | Convergence | Fairness (Jain) | Drops answered |",
        "|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {case.section} | {case.name} | {score.utilisation:.0%} | {score.queueing_p95_ms:.0f} ms "
        f"| {score.convergence_s:.1f} s | {score.fairness:.2f} | {_seconds(score.drop_answered_s)} |"
        for case, score in scores
    ]
    return "\n".join(rows) + "\n"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"


HEAD: Final = """## How subscribers' bandwidth is found

The wired cases of [RFC 8867](https://www.rfc-editor.org/rfc/rfc8867#section-5), run in virtual time through the core
that ships (`ovrouter/_fastpath`): a publisher whose encoder obeys REMB, the core, an emulated bottleneck, a subscriber
that reports every 100 ms and asks for what is missing.

Utilisation counts media only, after the first 5 s: beside TCP it is our share, not the link's use. Convergence is the
time until the first flow has 80 % of what it could have; most of it is the emulated encoder's, which doubles its rate
each second. A drop is answered when less is sent than the bottleneck carries; of several drops the slowest counts.

"""


def section(scores: Scores) -> str:
    """The part of the page about the emulated network."""
    return HEAD + table(scores)


def run() -> Scores:
    """Run all cases, one after the other."""
    scores = []
    for case in CASES:
        world = World()
        link = case.build(world)
        world.run(case.duration_s)
        scores.append((case, judge(case, world.flows, link)))
    return scores
