import logging
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter import isolate
from ovrouter.reporting import commit as commit_module
from ovrouter.reporting.commit import PATIENCE_S, GroupCommit
from ovrouter.reporting.losses import Losses


class Disk:
    """Writes when it is told to."""

    def __init__(self):
        self.batches = []
        self.may_write = trio.Event()
        self.may_write.set()
        self.error = None

    def hang(self):
        self.may_write = trio.Event()

    async def write(self, lines):
        await self.may_write.wait()
        if self.error:
            raise self.error
        self.batches.append(lines)


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def losses():
    return Losses(logging.getLogger("ovrouter.test"), "the disk")


@asynccontextmanager
async def running(disk, losses):
    commit = GroupCommit(disk.write, losses)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(commit.run)
        yield commit
        nursery.cancel_scope.cancel()


async def test_durable_means_written(disk, losses):
    async with running(disk, losses) as commit:
        commit.put(b"a")
        assert disk.batches == []
        await commit.durable()
        assert disk.batches == [[b"a"]]


async def test_nothing_to_wait_for_takes_no_time(disk, losses):
    async with running(disk, losses) as commit:
        commit.put(b"a")
        await commit.durable()
        with trio.CancelScope() as scope:
            scope.cancel()
            await commit.durable()  # not even a checkpoint, which would be cancelled
        assert not scope.cancelled_caught


async def test_what_comes_during_a_write_shares_the_next(disk, losses):
    async with running(disk, losses) as commit:
        disk.hang()
        commit.put(b"a")
        await wait_all_tasks_blocked()
        for line in (b"b", b"c", b"d"):
            commit.put(line)
        disk.may_write.set()
        await commit.durable()
        assert disk.batches == [[b"a"], [b"b", b"c", b"d"]]


async def test_what_nobody_was_promised_is_not_waited_for(disk, losses):
    async with running(disk, losses) as commit:
        commit.put(b"a")
        await commit.durable()
        disk.hang()
        commit.put(b"b", is_promised=False)
        await wait_all_tasks_blocked()
        with trio.CancelScope() as scope:
            scope.cancel()
            await commit.durable()
        assert not scope.cancelled_caught
        disk.may_write.set()
        await commit.flush()
        assert disk.batches == [[b"a"], [b"b"]]


async def test_waits_for_what_was_put_before_only(disk, losses):
    async with running(disk, losses) as commit:
        commit.put(b"a")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(commit.durable)
            await wait_all_tasks_blocked()
            disk.hang()
            commit.put(b"b")
        assert disk.batches == [[b"a"]]
        disk.may_write.set()


async def test_a_disk_that_hangs_is_waited_for_once(disk, losses, autojump_clock):
    async with running(disk, losses) as commit:
        disk.hang()
        started_at = trio.current_time()
        commit.put(b"a")
        await commit.durable()
        assert trio.current_time() - started_at == pytest.approx(PATIENCE_S)
        commit.put(b"b")
        await commit.durable()
        assert trio.current_time() - started_at == pytest.approx(PATIENCE_S)
        disk.may_write.set()
        await wait_all_tasks_blocked()
        assert disk.batches == [[b"a"], [b"b"]]


async def test_each_write_has_its_own_time(disk, losses, autojump_clock):
    async with running(disk, losses) as commit:
        disk.hang()
        commit.put(b"a")
        await wait_all_tasks_blocked()
        commit.put(b"b")
        await trio.sleep(PATIENCE_S * 0.75)
        disk.may_write.set()
        disk.hang()
        started_at = trio.current_time()
        await commit.durable()
        assert trio.current_time() - started_at == pytest.approx(PATIENCE_S)
        assert disk.batches == [[b"a"]]


async def test_a_write_that_fails_is_a_loss_and_the_action_goes_on(disk, losses, caplog):
    async with running(disk, losses) as commit:
        disk.error = OSError("No space left on device")
        for line in (b"a", b"b"):
            commit.put(line)
        await commit.durable()
        assert losses.total == 2
        disk.error = None
        commit.put(b"c")
        await commit.durable()
        assert disk.batches == [[b"c"]]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_a_defect_does_not_end_it(disk, losses, monkeypatch):
    monkeypatch.setattr(isolate, "failure_counts", isolate.Counter())
    async with running(disk, losses) as commit:
        disk.error = ValueError("a defect")
        commit.put(b"a")
        await commit.durable()
        disk.error = None
        commit.put(b"b")
        await commit.durable()
        assert disk.batches == [[b"b"]]
    assert isolate.failure_counts == {"event log": 1}


async def test_what_waits_to_be_written_is_bounded(disk, losses, monkeypatch):
    monkeypatch.setattr(commit_module, "MAX_UNWRITTEN_BYTES", 10)
    async with running(disk, losses) as commit:
        for line in (b"12345", b"67890", b"x"):
            commit.put(line)
        await commit.durable()
        assert disk.batches == [[b"12345", b"67890"]]
        assert losses.total == 1
        commit.put(b"y")
        await commit.durable()
        assert disk.batches[1:] == [[b"y"]]
