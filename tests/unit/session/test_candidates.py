from __future__ import annotations

import trio

from ovrouter.medianode import RemoteCandidate


async def test_candidates_find_their_links(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)
    stream = await world.publish(session, alice)

    await session.add_candidate(alice.id, alice.id, "candidate:1", "0", 0)
    await session.add_candidate(bob.id, alice.id, "candidate:2", "1", 1)

    assert world.media.candidates == [
        RemoteCandidate(stream.id, "candidate:1", "0", 0),
        RemoteCandidate(f"{bob.id}_{stream.id}", "candidate:2", "1", 1),
    ]


async def test_candidates_may_come_while_the_link_opens(world):
    session = world.session()
    alice = world.join(session)

    async with trio.open_nursery() as nursery:
        with world.media.hold("open_uplink") as hold:
            nursery.start_soon(world.publish, session, alice)
            await hold.wait_arrival()
            await session.add_candidate(alice.id, alice.id, "candidate:1", "0", 0)

    assert [candidate.link_id for candidate in world.media.candidates] == [alice.stream.id]


async def test_candidates_for_endpoints_that_are_not_there_are_dropped(world):
    session = world.session()
    alice, bob = world.join(session), world.join(session)

    for endpoint in (alice.id, bob.id, "con_Nobody", ""):
        await session.add_candidate(alice.id, endpoint, "candidate:1", "0", 0)
    await world.publish(session, bob)
    await session.add_candidate("con_Nobody", bob.id, "candidate:1", "0", 0)

    assert world.media.candidates == []
