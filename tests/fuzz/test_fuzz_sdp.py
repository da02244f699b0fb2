"""Replays the corpus, and mutations of real descriptions, through the SDP fuzz target."""

import random
from pathlib import Path

import pytest

from tests.fuzz.fuzz_sdp import WAYS, fuzz, negotiate

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus" / "sdp").iterdir())
RECORDED = sorted((HERE.parent / "fixtures" / "sdp").glob("*.sdp"))


@pytest.mark.parametrize("path", [*CORPUS, *RECORDED], ids=lambda path: path.name)
def test_corpus(path):
    for way in WAYS:
        negotiate(path.read_bytes(), way)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name)
def test_mutations(path):
    rng = random.Random(path.name)
    lines = path.read_bytes().split(b"\r\n")
    for _ in range(30):
        fuzz(mutated(rng, lines))


def mutated(rng, lines):
    """Drop, double, swap and damage lines, as a broken or hostile client might."""
    lines = list(lines)
    for _ in range(rng.randrange(1, 6)):
        index = rng.randrange(len(lines))
        action = rng.randrange(5)
        if action == 0 and len(lines) > 1:
            del lines[index]
        elif action == 1:
            lines.insert(rng.randrange(len(lines)), lines[index])
        elif action == 2:
            lines[index] = lines[index][: rng.randrange(len(lines[index]) + 1)]
        elif action == 3:
            lines[index] += rng.choice([b"\x00", b"\r", b"\xff", b" ", b"9" * 20, b";", b"=", b":", b"/"])
        else:
            lines[index] = lines[index].replace(b"1", rng.choice([b"", b"0", b"999", b"-1", b"x"]))
    return rng.choice([b"\r\n", b"\n"]).join(lines)
