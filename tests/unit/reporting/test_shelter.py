import pytest
import trio

from ovrouter.reporting.shelter import open_shelter

DEADLINE_S = 60


async def test_its_tasks_go_on_until_the_cancelled_block_has_ended():
    seen = []

    async def work(asked, done):
        await asked.wait()
        await trio.lowlevel.checkpoint()
        seen.append("worked")
        done.set()
        try:
            await trio.sleep_forever()
        finally:
            seen.append("ended")

    asked, done = trio.Event(), trio.Event()
    with trio.CancelScope() as scope:
        async with open_shelter() as shelter:
            shelter.start_soon(work, asked, done)
            scope.cancel()
            try:
                await trio.sleep_forever()
            finally:
                seen.append("block cancelled")
                with trio.CancelScope(shield=True):
                    asked.set()
                    await done.wait()
                seen.append("block ended")
    assert seen == ["block cancelled", "worked", "block ended", "ended"]


async def test_a_block_that_was_cancelled_before_it_began_ends():
    with trio.move_on_after(DEADLINE_S) as deadline, trio.CancelScope() as scope:
        scope.cancel()
        async with open_shelter():
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert not deadline.cancelled_caught


async def test_a_task_that_fails_ends_the_block():
    async def fail():
        raise ValueError("mine")

    async def shelter_it():
        async with open_shelter() as shelter:
            shelter.start_soon(fail)
            await trio.sleep_forever()

    with pytest.raises(BaseExceptionGroup) as failed:
        await shelter_it()
    assert failed.group_contains(ValueError, match="mine")
