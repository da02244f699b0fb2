import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter.signaling.backlog import ITEM_OVERHEAD_BYTES, Backlog, BacklogFull


async def test_first_in_first_out():
    backlog = Backlog(10_000)
    backlog.put("a", 1)
    backlog.put("b", 1)
    assert [await backlog.get(), await backlog.get()] == ["a", "b"]


async def test_get_waits():
    backlog = Backlog(10_000)
    got = []

    async def consume():
        got.append(await backlog.get())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(consume)
        await wait_all_tasks_blocked()
        assert got == []
        backlog.put("a", 1)
    assert got == ["a"]


async def test_full_leaves_it_as_it_was():
    backlog = Backlog(ITEM_OVERHEAD_BYTES + 10)
    backlog.put("a", 10)
    with pytest.raises(BacklogFull):
        backlog.put("b", 0)
    assert len(backlog) == 1
    assert await backlog.get() == "a"
    backlog.put("c", 10)


async def test_small_items_are_bounded_too():
    backlog = Backlog(100 * ITEM_OVERHEAD_BYTES)
    for _ in range(100):
        backlog.put("", 0)
    with pytest.raises(BacklogFull):
        backlog.put("", 0)


async def test_take_all_makes_room():
    backlog = Backlog(2 * ITEM_OVERHEAD_BYTES)
    backlog.put("a", 0)
    backlog.put("b", 0)
    assert list(backlog.take_all()) == ["a", "b"]
    backlog.put("c", ITEM_OVERHEAD_BYTES)
    assert len(backlog) == 1


async def test_emptied():
    backlog = Backlog(10_000)
    backlog.put("a", 0)
    with trio.CancelScope() as scope:
        scope.cancel()
        await backlog.emptied()
    assert scope.cancelled_caught
    await backlog.get()
    await backlog.emptied()


async def test_close_drops_and_sends_the_consumer_home():
    backlog = Backlog(10_000)
    backlog.put("a", 0)
    backlog.close()
    backlog.put("b", 0)
    assert len(backlog) == 0
    with pytest.raises(trio.EndOfChannel):
        await backlog.get()


async def test_close_wakes_a_waiting_consumer():
    backlog = Backlog(10_000)
    async with trio.open_nursery() as nursery:

        @nursery.start_soon
        async def consume():
            with pytest.raises(trio.EndOfChannel):
                await backlog.get()

        await wait_all_tasks_blocked()
        backlog.close()


async def test_a_cancelled_get_takes_nothing():
    backlog = Backlog(10_000)
    backlog.put("a", 0)
    with trio.CancelScope() as scope:
        scope.cancel()
        await backlog.get()
    assert len(backlog) == 1
