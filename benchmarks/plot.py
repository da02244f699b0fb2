"""The results as a picture: one panel per figure, one group per room (cold but for the file)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from benchmarks.report import FIGURES, floor_cpu_us
from benchmarks.scenario import CaseResult

__all__ = ["draw"]

PANELS = {
    "light_cpu": "CPU µs per packet, one publisher's traffic each",
    "highest_cpu": "CPU µs per packet, highest load",
    "rate": "highest loss-free packets/s on one core",
    "half_p99": "p99 delay in µs, half the highest load",
    "light_p99": "p99 delay in µs, one publisher's traffic each",
    "memory": "KiB per subscription",
}
_COLUMNS = 2
_PANEL_INCHES = (5.5, 2.6)
_GROUP_WIDTH = 0.8


def draw(results: Sequence[CaseResult], path: Path) -> None:
    """Write the picture to *path* as SVG, the same bytes for the same results."""
    rows = len(PANELS) // _COLUMNS
    drawing = Drawing(figsize=(_PANEL_INCHES[0] * _COLUMNS, _PANEL_INCHES[1] * rows), layout="constrained")
    for axes, name in zip(drawing.subplots(rows, _COLUMNS).flat, PANELS, strict=True):
        _panel(axes, name, results)
    handles, labels = drawing.axes[0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    with mpl.rc_context({"svg.hashsalt": "ovrouter", "svg.fonttype": "none"}):
        drawing.savefig(path, format="svg", metadata={"Date": None})


def _panel(axes: Axes, name: str, results: Sequence[CaseResult]) -> None:
    names = [router.name for router in results[0].routers]
    width = _GROUP_WIDTH / len(names)
    for index, router in enumerate(names):
        places = [place + (index - (len(names) - 1) / 2) * width for place in range(len(results))]
        # A router without a figure shows a gap, as NaN does.
        medians = [FIGURES[name].median(result.routers[index]) for result in results]
        values = [float("nan") if median is None else median for median in medians]
        if name.endswith("_p99"):
            axes.semilogy(places, values, "o", label=router)  # points: bars have no length where there is no zero
        else:
            axes.bar(places, values, width, label=router)
    if name.endswith("_cpu"):
        _floor_lines(axes, results)
    axes.set_title(PANELS[name], fontsize="medium")
    axes.set_xticks(range(len(results)), [_label(result) for result in results], fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)


def _floor_lines(axes: Axes, results: Sequence[CaseResult]) -> None:
    for place, result in enumerate(results):
        floor_us = floor_cpu_us(result)
        if floor_us is not None:
            ends = place - _GROUP_WIDTH / 2, place + _GROUP_WIDTH / 2
            axes.hlines(floor_us, *ends, color="black", label="floor" if place == 0 else "")


def _label(result: CaseResult) -> str:
    profile = "" if len(result.case.srtp_profiles) > 1 else "\nAES-CM"
    return f"{result.case.shape}{profile}"
