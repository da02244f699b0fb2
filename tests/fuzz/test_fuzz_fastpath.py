"""Replays the corpora of the fast path's fuzz targets, and mutations of what is in them."""

import importlib
import random
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ["fuzz_core", "fuzz_dependency", "fuzz_layers", "fuzz_replay", "fuzz_rtcp", "fuzz_rtp", "fuzz_stun"]
MUTATIONS = 200


def target(name):
    return importlib.import_module(f"tests.fuzz.{name}").fuzz


@pytest.mark.parametrize("name", TARGETS)
def test_corpus(name):
    paths = sorted((CORPUS / name.removeprefix("fuzz_")).iterdir())
    assert paths
    for path in paths:
        target(name)(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_mutations(name):
    rng = random.Random(name)
    seeds = [path.read_bytes() for path in sorted((CORPUS / name.removeprefix("fuzz_")).iterdir())]
    for _ in range(MUTATIONS):
        target(name)(mutated(rng, rng.choice(seeds)))


def mutated(rng, data):
    """Flip, cut, double and splice bytes."""
    data = bytearray(data or b"\x80")
    for _ in range(rng.randrange(1, 8)):
        position = rng.randrange(len(data)) if data else 0
        action = rng.randrange(4)
        if action == 0 and data:
            data[position] = rng.randrange(256)
        elif action == 1:
            del data[position : position + rng.randrange(1, 8)]
        elif action == 2:
            data[position:position] = rng.randbytes(rng.randrange(1, 8))
        else:
            data += data[: rng.randrange(64)]
    return bytes(data)
