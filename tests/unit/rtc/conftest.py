"""What all tests of negotiation need: recorded descriptions, a local transport, SSRCs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from ovrouter.rtc.plan import LocalTransport, TrackOffer
from ovrouter.rtc.uplink import answer_uplink

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sdp"


@pytest.fixture
def load_sdp() -> Callable[[str], str]:
    """Read a recorded description with its line ends as they were."""
    return lambda name: (FIXTURES / f"{name}.sdp").read_bytes().decode()


@pytest.fixture
def local() -> LocalTransport:
    return LocalTransport(
        ice_ufrag="localufrag",
        ice_pwd="localpasswordlocalpassword",
        fingerprint=":".join(["AB"] * 32),
        candidates=(("192.0.2.7", 40000), ("2001:db8::7", 40001)),
    )


@pytest.fixture
def ssrcs() -> Callable[[], int]:
    return itertools.count(1000).__next__


@pytest.fixture
def published(load_sdp, local) -> Callable[..., tuple[TrackOffer, ...]]:
    """Return the tracks of a recorded publisher."""
    return lambda name, **options: answer_uplink(load_sdp(name), local, **options).tracks
