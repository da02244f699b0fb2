"""The command line finds its command."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator

import pytest

from benchmarks import __main__ as cli


class Recorder:
    """A command that keeps its options."""

    SUMMARY = "recorded"

    def __init__(self) -> None:
        self.seen: list[argparse.Namespace] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--quick", action="store_true")

    def run_command(self, options: argparse.Namespace) -> int:
        self.seen.append(options)
        return 7


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> dict[str, Recorder]:
    recorders = {"media": Recorder(), "other": Recorder()}
    monkeypatch.setattr(cli, "COMMANDS", recorders)
    return recorders


@pytest.mark.parametrize(
    ("arguments", "name", "quick"),
    [
        ([], "media", False),
        (["--quick"], "media", True),
        (["media"], "media", False),
        (["other", "--quick"], "other", True),
    ],
)
def test_runs_the_named_command_or_the_default(
    commands: dict[str, Recorder], arguments: list[str], name: str, quick: bool
) -> None:
    assert cli.main(arguments) == 7
    assert [options.quick for options in commands[name].seen] == [quick]
    assert sum(len(recorder.seen) for recorder in commands.values()) == 1


def test_help_lists_every_command(commands: dict[str, Recorder], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert "media" in shown
    assert "other" in shown
    assert all(not recorder.seen for recorder in commands.values())


def test_an_unknown_option_is_refused(commands: dict[str, Recorder]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--slow"])
    assert caught.value.code == 2


@pytest.fixture
def background_job() -> Iterator[None]:
    """As a shell begins it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("background_job")
def test_sigterm_ends_a_command_in_an_orderly_way() -> None:
    cli.end_as_if_interrupted()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
