"""Replays the corpora of the fuzz targets that read packets, and mutations of what is in them."""

import importlib
import random
from pathlib import Path

import pytest

from tests.fuzz.mutation import mutated

CORPUS = Path(__file__).parent / "corpus"
TARGETS = [
    "fuzz_core",
    "fuzz_depacketize",
    "fuzz_dependency",
    "fuzz_layers",
    "fuzz_replay",
    "fuzz_rtcp",
    "fuzz_rtp",
    "fuzz_stun",
]
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
