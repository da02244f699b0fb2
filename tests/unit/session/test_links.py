from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter.session.links import Links
from ovrouter.testing.fake_media_node import FakeMediaNode


async def test_sweep_closes_what_was_abandoned_oldest_first():
    media = FakeMediaNode()
    links = Links(media)
    links.abandon("a")
    links.abandon("b")

    await links.sweep()
    await links.sweep()

    assert media.closed == ["a", "b"]


async def test_a_wanted_link_stays_open():
    media = FakeMediaNode()
    links = Links(media)

    async with links.opening("a", is_wanted=lambda: True):
        pass
    await links.sweep()

    assert media.closed == []


async def test_an_unwanted_link_is_closed_even_when_opening_failed():
    media = FakeMediaNode()
    links = Links(media)

    with pytest.raises(RuntimeError):
        async with links.opening("a", is_wanted=lambda: False):
            raise RuntimeError

    assert media.closed == ["a"]


async def test_opening_a_link_again_rescues_it():
    media = FakeMediaNode()
    links = Links(media)
    links.abandon("a")

    async with links.opening("a", is_wanted=lambda: True):
        pass
    await links.sweep()

    assert media.closed == []


async def test_what_a_cancelled_sweep_leaves_the_next_one_closes():
    media = FakeMediaNode()
    links = Links(media)
    links.abandon("a")
    links.abandon("b")

    with media.hold("close_link"):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(links.sweep)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    assert media.closed == []
    await links.sweep()

    assert sorted(media.closed) == ["a", "b"]
