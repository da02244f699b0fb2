"""Runs one target under atheris: ``make fuzz TARGET=rtcp EXECUTIONS=1000000``.

What is found new goes to ``build/fuzz/corpus``; what fails is written beside it and ends the run.
"""

import argparse
import importlib
import sys
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
FOUND = Path("build/fuzz/corpus")
MAX_INPUT_BYTES = {"depacketize": 4000, "sdp": 8000, "replay": 16000}
"""Others take datagrams."""
MTU_BYTES = 1500
HANG_S = 60
"""Nothing takes a thousandth of it, but the machine may be busy."""


def main() -> None:
    """Fuzz until a failure or the number of executions."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument(
        "target", choices=sorted(path.stem.removeprefix("fuzz_") for path in CORPUS.parent.glob("fuzz_*.py"))
    )
    parser.add_argument("executions", type=int)
    options = parser.parse_args()
    with atheris.instrument_imports(include=["ovrouter.rtc"]):
        target = importlib.import_module(f"tests.fuzz.fuzz_{options.target}")
    found = FOUND / options.target
    found.mkdir(parents=True, exist_ok=True)
    arguments = [
        f"-runs={options.executions}",
        f"-max_len={MAX_INPUT_BYTES.get(options.target, MTU_BYTES)}",
        f"-artifact_prefix={found.parent}/{options.target}-",
        f"-timeout={HANG_S}",
        "-print_final_stats=1",
        str(found),
        str(CORPUS / options.target),
    ]
    atheris.Setup([sys.argv[0], *arguments], target.fuzz)
    atheris.Fuzz()


main()
