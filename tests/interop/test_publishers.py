"""What is told of publishers: who speaks, and how good their network is."""

import asyncio
from functools import partial

import httpx
import pytest
from aiortc import AudioStreamTrack

from tests.interop.client import Client
from tests.interop.lossy_relay import LossyRelay
from tests.interop.media import CountingVideo, Tone
from tests.interop.test_loss import DistantClient

WAIT_S = 60
"""So that a test fails rather than hangs; long, because the machine may be busy."""
POLL_S = 0.1


@pytest.fixture(scope="module")
def router_settings():
    return {"OPENVIDU_PRO_NETWORK_QUALITY": "true", "OPENVIDU_PRO_NETWORK_QUALITY_INTERVAL": "1"}


async def speaker_is(rest, session, connection_id):
    """Until the router says that this one speaks."""
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = await asyncio.to_thread(rest.get, f"/ovrouter/api/sessions/{session}/quality")
            assert answer.status_code == httpx.codes.OK
            if answer.json()["activeSpeaker"] == connection_id:
                return
            await asyncio.sleep(POLL_S)


def test_who_speaks_is_the_active_speaker_until_leaving(router):
    session = router.create_session()

    async def call():
        async with Client(router.create_token(session)) as bob:
            await bob.publish(AudioStreamTrack())
            async with Client(router.create_token(session)) as alice:
                await alice.publish(Tone())
                await speaker_is(router.rest, session, alice.joined["id"])
            await speaker_is(router.rest, session, None)

    asyncio.run(call())


async def rated(client, level):
    """Until *client* is told that somebody's network has this level; the notification's parameters."""
    async with asyncio.timeout(WAIT_S):
        while True:
            message = await client.notifications.get()
            if message["method"] == "networkQualityLevelChanged" and message["params"]["newValue"] == level:
                return message["params"]


def test_everybody_is_told_when_a_publishers_network_gets_bad_and_breaks(token):
    async def call(relay, distant):
        async with distant(token()) as alice, Client(token()) as bob:
            await alice.publish(Tone(), CountingVideo())
            relay.loss = 0.5
            for client in (alice, bob):
                assert (await rated(client, 1))["connectionId"] == alice.joined["id"]
            relay.loss = 1.0
            broken = [await rated(client, 0) for client in (alice, bob)]
            assert [told["connectionId"] for told in broken] == [alice.joined["id"]] * 2
            assert all(told["oldValue"] > 0 for told in broken)
            assert set(broken[0]) == {"connectionId", "newValue", "oldValue"}

    with LossyRelay(0, seed=5) as relay:
        asyncio.run(call(relay, partial(DistantClient, relay)))
