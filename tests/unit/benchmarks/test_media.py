"""The command's options become a plan and a choice of routers."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import pytest

from benchmarks import media
from benchmarks.room import Shape
from benchmarks.routers.contract import RouterKind
from benchmarks.scenario import CaseResult, Plan, RouterResult
from benchmarks.step import Step
from tests.unit.benchmarks.results import STEP

CORES = ["--router-core", "0", "--load-core", "0"]


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    media.add_arguments(parser)
    return parser.parse_args([*CORES, *arguments])


def names(kinds: list[RouterKind]) -> list[str]:
    return [kind.name for kind in kinds]


def test_rooms_are_measured_with_what_routers_prefer_and_some_with_aes_cm() -> None:
    cases = media._plan(options("--rooms", "1:7,3", "--same-srtp-rooms", "4")).cases
    assert [case.shape for case in cases] == [Shape(1, 7), Shape(3, 0), Shape(4, 0)]
    assert [case.srtp_profiles == media.AES_CM for case in cases] == [False, False, True]
    assert len(cases[0].srtp_profiles) > 1


def test_a_choice_of_rooms_replaces_both_defaults() -> None:
    assert [str(case) for case in media._plan(options("--rooms", "1:7")).cases] == ["1→7"]


def test_a_quick_run_is_one_round_of_few_rooms() -> None:
    quick, full = media._plan(options("--quick")), media._plan(options())
    assert (quick.rounds, full.rounds) == (1, 3)
    assert len(quick.cases) < len(full.cases)
    assert quick.step_s < full.step_s


@pytest.mark.parametrize("text", ["1", "0:5", "x", "1:x"])
def test_a_room_in_which_nobody_subscribes_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options("--rooms", text)
    assert "--rooms" in capsys.readouterr().err


def test_a_core_that_is_not_there_is_refused() -> None:
    with pytest.raises(SystemExit, match="core 4000 is not available"):
        media._plan(options("--router-core", "4000"))


def test_all_routers_are_measured_or_those_named_or_the_one_that_runs() -> None:
    assert names(media._kinds(options())) == ["ovrouter", "Janus", "Pion"]
    assert names(media._kinds(options("--only", "Pion,ovrouter"))) == ["ovrouter", "Pion"]
    assert names(media._kinds(options("--url", "https://media:4443"))) == ["https://media:4443"]
    with pytest.raises(SystemExit, match="there is no router kurento"):
        media._kinds(options("--only", "kurento"))


@pytest.mark.parametrize(("measured", "status"), [([STEP], 0), ([], 1)])
def test_the_status_says_whether_anything_was_measured(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    measured: list[Step],
    status: int,
) -> None:
    async def run(plan: Plan, *_arguments: object) -> list[CaseResult]:
        failed = RouterResult("ovrouter", failures=["RouterFailed: no such secret"])
        return [CaseResult(plan.cases[0], [RouterResult("Pion", light=measured), failed])]

    monkeypatch.setattr(media, "run", run)
    monkeypatch.setattr(os, "sched_setaffinity", lambda _pid, _cores: None)
    written = tmp_path / "new" / "media.json"
    assert media.run_command(options("--only", "ovrouter", "--json", str(written))) == status
    assert json.loads(written.read_text())["cases"][0]["routers"][0]["name"] == "Pion"
    assert "WARNING: ovrouter, 1→25: RouterFailed: no such secret\n" in capsys.readouterr().out
