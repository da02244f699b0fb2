"""A call over a network that loses packets."""

import asyncio
import itertools
from functools import partial

import pytest

from tests.interop.client import Client
from tests.interop.lossy_relay import LossyRelay
from tests.interop.media import LEVELS, CountingVideo, receive_frames

FRAMES = 90
LOSS = 0.05


@pytest.fixture(scope="module")
def router_settings():
    return {"OVROUTER_WORKERS": "1"}


class DistantClient(Client):
    """Its media goes through *relay*, its signaling does not."""

    def __init__(self, relay, token):
        super().__init__(token)
        self._relay = relay

    async def call(self, method, **params):
        result = await super().call(method, **params)
        return {name: self._relay.named_in(value) if "sdp" in name else value for name, value in result.items()}


def test_a_picture_moves_through_a_twentieth_of_loss(token):
    async def call(distant):
        async with distant(token()) as alice, distant(token()) as bob:
            stream = await alice.publish(CountingVideo())
            return await receive_frames(await bob.subscribe_to_offer(stream), FRAMES)

    with LossyRelay(LOSS, seed=5) as relay:
        levels = asyncio.run(call(partial(DistantClient, relay)))
    assert set(levels) == set(LEVELS)
    steps = [(LEVELS.index(b) - LEVELS.index(a)) % len(LEVELS) for a, b in itertools.pairwise(levels)]
    assert steps.count(1) > len(steps) / 2, levels
    assert relay.lost > 0
