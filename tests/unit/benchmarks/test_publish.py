"""Results go from JSON into the page, and nothing else of it changes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import __main__ as cli
from benchmarks.publish import BEGIN, END
from benchmarks.report import as_json
from benchmarks.room import Shape
from benchmarks.routers.contract import RouterKind
from benchmarks.scenario import Case, CaseResult, Plan, RouterResult
from tests.unit.benchmarks.results import FLOOR, STEP

FACTS = {"cpu": "Pentium", "cores": 2, "kernel": "6.1", "python": "3.11"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of one room for a router and for one that failed, and a page for them."""
    cases = [Case(Shape(1, 25)), Case(Shape(5, 0), ("SRTP_AES128_CM_SHA1_80",))]
    routers = [
        RouterResult("ovrouter", "SRTP_X", memory_bytes=[4096], highest=[STEP], half=[STEP], light=[STEP]),
        RouterResult("Janus", failures=["PeerFailed: no DTLS answer"]),
    ]
    kinds = [
        RouterKind(name, open=lambda _core: None, missing=missing, version=version)
        for name, missing, version in (("ovrouter", "", "1.0"), ("Janus", "", "1.1.2-1"), ("Pion", "apt-get", ""))
    ]
    results = [CaseResult(case, routers, [FLOOR]) for case in cases]
    (tmp_path / "media.json").write_text(json.dumps(as_json(FACTS, kinds, Plan(tuple(cases)), results)))
    (tmp_path / "benchmarks.md").write_text(f"# Before\n{BEGIN}old\n{END}After\n")
    return tmp_path


def publish(folder: Path) -> None:
    assert cli.main(["publish", "--results", str(folder), "--docs", str(folder)]) == 0


def test_the_results_are_replaced_and_the_rest_stays(folder: Path) -> None:
    publish(folder)
    page = (folder / "benchmarks.md").read_text()
    assert page.startswith(f"# Before\n{BEGIN}")
    assert page.endswith(f"{END}After\n")
    assert "old" not in page
    assert "Pentium, 2 cores, Linux 6.1, Python 3.11. " in page
    assert "ovrouter 1.0, Janus 1.1.2-1, Pion not installed. Medians of 3 rounds." in page
    assert "- Janus, 1→25: PeerFailed: no DTLS answer\n" in page
    assert "| highest loss-free packets/s | 25,000 | - | - |" in page
    assert "### 5↔5: 20 subscriptions, AES-CM for all" in page
    publish(folder)
    assert (folder / "benchmarks.md").read_text() == page


def test_the_page_says_what_holds_and_what_was_not_measured(folder: Path) -> None:
    written = {"share_of_floor": {"get_session": 0.93, "post_session": 0.61}}
    (folder / "rest.json").write_text(json.dumps({"machine": FACTS, "result": written}))
    publish(folder)
    page = (folder / "benchmarks.md").read_text()
    assert "| GET of a session: requests/s, of an empty route's | 0.93 | ≥ 0.70 |  |" in page
    assert "| POST of a session: requests/s, of an empty route's | **0.61** | ≥ 0.70 |  |" in page
    assert "| list of 5,000 sessions, CPU ms | not measured | ≤ 250 |  |" in page
    assert "| 1→100: p99 delay at half of that load, ms | not measured | ≤ 3.00 | ≤ 1.00 |" in page


def test_the_plot_is_svg_and_the_same_for_the_same_results(folder: Path) -> None:
    publish(folder)
    drawn = (folder / "benchmarks.svg").read_bytes()
    root = ET.fromstring(drawn)
    assert root.tag.endswith("svg")
    words = "".join(root.itertext())
    assert all(word in words for word in ("ovrouter", "Janus", "floor", "1→25", "AES-CM"))
    publish(folder)
    assert (folder / "benchmarks.svg").read_bytes() == drawn


def test_the_plot_shows_the_figures(folder: Path) -> None:
    publish(folder)
    before = (folder / "benchmarks.svg").read_bytes()
    written = json.loads((folder / "media.json").read_text())
    written["cases"][0]["routers"][0]["memory_bytes"] = [8192]
    (folder / "media.json").write_text(json.dumps(written))
    publish(folder)
    assert (folder / "benchmarks.svg").read_bytes() != before


def test_a_page_without_a_place_for_results_is_left_alone(folder: Path) -> None:
    (folder / "benchmarks.md").write_text(f"# Mine\n{BEGIN}")
    with pytest.raises(SystemExit, match="the page has no place for results"):
        publish(folder)
    assert (folder / "benchmarks.md").read_text() == f"# Mine\n{BEGIN}"
