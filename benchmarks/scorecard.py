"""The scorecard: what networks do, emulated and real, and what is left of media behind them (warm)."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks import congestion_table, loss_table, real_table
from benchmarks.congestion_table import Scores
from benchmarks.results import keep

__all__ = ["SUMMARY", "add_arguments", "run_command"]

SUMMARY = "run RFC 8867's wired cases and lossy paths, emulated and (as root) real, and write docs/scorecard.md"
PAGE: Final = Path(__file__).parent.parent / "docs" / "scorecard.md"

HEAD: Final = """# What the network does, and what is left of it: scorecard

`make bench` writes this page anew.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")


def run_command(options: argparse.Namespace) -> int:
    """Run everything, write the page and keep the scores; the exit status."""
    emulated = congestion_table.run()
    reason = real_table.missing()
    real, real_text = ((), f"Not run: {reason}.\n") if reason else real_table.run()
    sections = congestion_table.section(emulated), loss_table.section(), real_table.section(real_text)
    options.page.write_text("\n".join((HEAD, *sections)))
    keep("scorecard", {"emulated": _by_section(emulated), "real": _by_section(real)})
    print(f"written to {options.page}")
    return 0


def _by_section(scores: Scores) -> dict[str, dict[str, Any]]:
    return {case.section: asdict(score) for case, score in scores}
