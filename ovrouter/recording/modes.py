"""Which job records in which output mode (warm)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovrouter.recording.archive import finish_individual
from ovrouter.recording.composed import ComposedJob, finish_composed
from ovrouter.recording.individual import IndividualJob
from ovrouter.recording.job import Finish, Job, Task

__all__ = ["MODES", "Mode"]


@dataclass(frozen=True, slots=True)
class Mode:
    """One output mode."""

    make_job: Callable[[Task], Job]
    finish: Finish


MODES: dict[str, Mode] = {
    "INDIVIDUAL": Mode(IndividualJob, finish_individual),
    "COMPOSED": Mode(ComposedJob, finish_composed),
    "COMPOSED_QUICK_START": Mode(ComposedJob, finish_composed),
}
