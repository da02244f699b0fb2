"""The scorecard: what networks do, emulated and real, and what is left of media behind them (warm)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from benchmarks import congestion_table, loss_table, real_table

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
    """Run everything, print the tables and write the page; the exit status."""
    text = f"{HEAD}\n{congestion_table.section()}\n{loss_table.section()}\n{real_table.section()}"
    print(text)
    options.page.write_text(text)
    return 0
