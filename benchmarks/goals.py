"""What the router has to reach, and which measurement says whether it does (cold)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.report import FIGURES, against_peers, floor_cpu_us, markdown
from benchmarks.room import Shape
from benchmarks.scenario import CaseResult

__all__ = ["GOALS", "Goal", "goals_table"]

Measured = Mapping[str, Any]
"""Results by command: what :func:`benchmarks.results.keep` kept; of ``media`` the list of CaseResult."""
CROWD: Final = Shape(1, 100)


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure; *value* raises KeyError or TypeError where the measurement is missing."""

    figure: str
    value: Callable[[Measured], float | None]
    must: float
    aim: float | None = None
    form: str = ".2f"
    is_at_most: bool = True

    def row(self, measured: Measured) -> list[str]:
        """The figure's cells: what it is, what was measured, what it must be and what is aimed at."""
        try:
            value = self.value(measured)
        except (KeyError, TypeError):
            value = None
        shown = "not measured" if value is None else format(value, self.form)
        sign = "≤" if self.is_at_most else "≥"
        bounds = ["" if bound is None else f"{sign} {bound:{self.form}}" for bound in (self.must, self.aim)]
        return [self.figure, f"**{shown}**" if value is not None and self.misses(value) else shown, *bounds]

    def misses(self, value: float) -> bool:
        """Tell whether *value* is not what it must be."""
        return value > self.must if self.is_at_most else value < self.must


def _crowd(measured: Measured) -> CaseResult:
    rooms: list[CaseResult] = measured["media"]
    return {room.case.shape: room for room in rooms if len(room.case.srtp_profiles) > 1}[CROWD]


def _against_peers(figure: str) -> Callable[[Measured], float | None]:
    return lambda measured: against_peers(FIGURES[figure], _crowd(measured))


def _of_ours(figure: str) -> Callable[[Measured], float | None]:
    return lambda measured: FIGURES[figure].median(_crowd(measured).routers[0])


def _above_the_floor(measured: Measured) -> float | None:
    cpu_us, floor_us = _of_ours("light_cpu")(measured), floor_cpu_us(_crowd(measured), is_paced=True)
    return None if cpu_us is None or floor_us is None else cpu_us / floor_us


def _half_p99_ms(measured: Measured) -> float | None:
    delay_us = _of_ours("half_p99")(measured)
    return None if delay_us is None else delay_us / 1000


def _variable_capacity(name: str, world: str) -> tuple[Goal, ...]:
    """How one flow does whose bottleneck changes: RFC 8867 section 5.1."""

    def figure(key: str) -> Callable[[Measured], float | None]:
        return lambda measured: measured["scorecard"][world]["5.1"][key]

    return (
        Goal(f"{name}: utilisation", figure("utilisation"), 0.8, 0.9, ".0%", is_at_most=False),
        Goal(f"{name}: p95 queueing delay, ms", figure("queueing_p95_ms"), 150, 80, ".0f"),
        Goal(f"{name}: drop of capacity until less is sent, s", figure("drop_answered_s"), 1.5, 0.5, ".1f"),
    )


GOALS: Final = (
    Goal(
        "1→100: CPU per packet, one publisher's traffic, of the best peer's", _against_peers("light_cpu"), 1 / 2, 1 / 3
    ),
    Goal("the same, of the floor's at the same pace", _above_the_floor, 2.0, 1.4),
    Goal("1→100: highest loss-free packets/s, of the best peer's", _against_peers("rate"), 2.0, 3.0, is_at_most=False),
    Goal("1→100: p99 delay at half of that load, ms", _half_p99_ms, 3.0, 1.0),
    Goal("the same, of the best peer's", _against_peers("half_p99"), 1.0),
    Goal("1→100: memory per subscription, of the best peer's", _against_peers("memory"), 1.0, 1 / 2),
    *_variable_capacity("RFC 8867 5.1, emulated", "emulated"),
    *_variable_capacity("the same through the kernel", "real"),
    Goal("two workers' packets/s, of one's", lambda measured: measured["workers"]["ratio"], 1.8, is_at_most=False),
    Goal(
        "join to first decoded frame in Chromium, ms",
        lambda measured: measured["first_frame"]["median_ms"],
        400,
        200,
        ".0f",
    ),
    Goal(
        "GET of a session: requests/s, of an empty route's",
        lambda measured: measured["rest"]["share_of_floor"]["get_session"],
        0.7,
        is_at_most=False,
    ),
    Goal(
        "POST of a session: requests/s, of an empty route's",
        lambda measured: measured["rest"]["share_of_floor"]["post_session"],
        0.7,
        is_at_most=False,
    ),
    Goal("list of 5,000 sessions, CPU ms", lambda measured: measured["rest"]["listing_cpu_ms"], 250, None, ".0f"),
    Goal(
        "p99 delay of packets while they are listed, of that while they are not",
        lambda measured: measured["listing"]["listing_p99 / quiet_p99"],
        1.1,
    ),
    Goal(
        "memory of an idle client's socket, KiB",
        lambda measured: measured["sockets"]["bytes_per_socket"] / 1024,
        80,
        None,
        ".0f",
    ),
    Goal(
        "core that 400 pings a second take",
        lambda measured: measured["sockets"]["core_busy"] * 400 / measured["sockets"]["pings_per_s"],
        0.15,
        None,
        ".1%",
    ),
    Goal(
        "joins/s to the first packet, 100 members",
        lambda measured: measured["joins"]["joins_per_s"]["100"],
        20,
        60,
        ".0f",
        is_at_most=False,
    ),
    Goal(
        "composed recording: CPU, of a browser's with ffmpeg",
        lambda measured: measured["composing"]["composer_to_browser"]["cpu_percent"],
        0.6,
    ),
    Goal(
        "composed recording: memory, of a browser's with ffmpeg",
        lambda measured: measured["composing"]["composer_to_browser"]["memory_mib"],
        0.3,
    ),
    Goal(
        "p99 delay of packets while the call is recorded (INDIVIDUAL), of that while it is not",
        lambda measured: measured["recording"]["INDIVIDUAL"]["p99 / p99 not recorded"],
        1.1,
    ),
    Goal(
        "the same with COMPOSED",
        lambda measured: measured["recording"]["COMPOSED"]["p99 / p99 not recorded"],
        1.1,
    ),
)


def goals_table(measured: Measured) -> str:
    """All goals; what was measured and is not what it must be is bold."""
    rows = [["", "measured", "must be", "aim"], ["---", "---:", "---:", "---:"]]
    rows += [goal.row(measured) for goal in GOALS]
    return markdown(rows)
