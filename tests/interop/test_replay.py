"""What the router did in real calls, done again from its trace."""

import asyncio

import pytest

from ovrouter.media.replay import replay_file
from tests.browser.router_process import run_router
from tests.interop.client import Client
from tests.interop.media import CountingVideo, Tone, receive_frames

FRAMES = 30


async def call(token):
    async with Client(token()) as alice, Client(token()) as bob, Client(token()) as carol:
        stream = await alice.publish(Tone(), CountingVideo())
        await receive_frames(await bob.subscribe_to_offer(stream), FRAMES)
        await alice.publish_again(stream, Tone(), CountingVideo())
        await receive_frames(await carol.subscribe_by_offering(stream), FRAMES)


@pytest.mark.parametrize("workers", [1, 2])
def test_real_calls_replay_bit_for_bit(tmp_path, workers):
    trace = tmp_path / "trace"
    with run_router(tmp_path, OVROUTER_WORKERS=str(workers), OVROUTER_TRACE=str(trace)) as router:
        for _ in range(workers):
            session = router.create_session()
            asyncio.run(call(lambda session=session: router.create_token(session)))
    files = sorted(tmp_path.glob("trace*"))
    assert [file.name for file in files] == (["trace"] if workers == 1 else ["trace.0", "trace.1"])
    for file in files:
        outcome = replay_file(file)
        assert outcome.agrees, str(outcome)
        assert outcome.ending == "complete"
    assert sum(replay_file(file).datagrams for file in files) > 2 * FRAMES
