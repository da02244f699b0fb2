"""The results of the last run as a page of the documentation (warm: reads and writes files)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.goals import goals_table
from benchmarks.plot import draw
from benchmarks.profile import profile_table
from benchmarks.report import tables, warnings
from benchmarks.results import RESULTS, kept
from benchmarks.scenario import CaseResult

__all__ = ["SUMMARY", "add_arguments", "run_command"]

SUMMARY = "put the results of all commands into docs/benchmarks.md, with a plot"
OTHERS = ("composing", "first_frame", "joins", "listing", "recording", "rest", "scorecard", "sockets", "workers")
"""Commands besides media."""
DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- results: written by `ovrouter bench publish` -->\n", "<!-- end of results -->\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of this command."""
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder with the results")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder with benchmarks.md")


def run_command(options: argparse.Namespace) -> int:
    """Replace the results in benchmarks.md and the plot beside it."""
    written = json.loads((options.results / "media.json").read_text())
    results = msgspec.convert(written["cases"], list[CaseResult])
    measured = {command: kept(command, options.results) for command in OTHERS} | {"media": results}
    page = options.docs / "benchmarks.md"
    found = f"{goals_table(measured)}\n\n{_results(written, results)}{_profile(kept('profile', options.results))}"
    page.write_text(_replaced(page.read_text(), found))
    draw(results, options.docs / "benchmarks.svg")
    print(f"written to {page}")
    return 0


def _replaced(page: str, results: str) -> str:
    head, _, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise SystemExit(f"the page has no place for results: it needs the lines {BEGIN.strip()} and {END.strip()}")
    return f"{head}{BEGIN}\n{results}\n{END}{tail}"


def _results(written: dict[str, Any], results: Sequence[CaseResult]) -> str:
    facts = written["machine"]
    machine = f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, Python {facts['python']}."
    routers = ", ".join(_router(router) for router in written["routers"])
    count = written["plan"]["rounds"]
    rounds = "One round." if count == 1 else f"Medians of {count} rounds."
    notes = "".join(f"- {warning}\n" for warning in warnings(results))
    head = f"{machine} {routers}. {rounds}\n\n{notes}\n" if notes else f"{machine} {routers}. {rounds}\n\n"
    return f"{head}![The figures below as bars](benchmarks.svg)\n\n{tables(results)}"


def _profile(result: dict[str, Any] | None) -> str:
    return f"\n### CPU µs per packet, by where it goes\n\n{profile_table(result)}\n" if result else ""


def _router(router: dict[str, str]) -> str:
    state = "not installed" if router["missing"] else router["version"]
    return f"{router['name']} {state}".strip()
