"""What may and what may not leave an isolated task."""

import logging

import pytest
import trio
import trio.testing

from ovrouter import isolate
from ovrouter.isolate import isolated, isolated_call


@pytest.fixture(autouse=True)
def counts(monkeypatch):
    monkeypatch.setattr(isolate, "failure_counts", isolate.Counter())
    return isolate.failure_counts


@pytest.fixture(autouse=True)
def propagating_log(monkeypatch):
    monkeypatch.setattr(logging.getLogger("ovrouter"), "propagate", True)


async def fail(error):
    raise error


async def test_neighbour_goes_on_after_failure(counts, caplog):
    done = []

    async def neighbour():
        await trio.testing.wait_all_tasks_blocked()
        done.append(True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(neighbour)
        nursery.start_soon(isolated, "job", fail, ValueError("boom"))
    assert done == [True]
    assert counts == {"job": 1}
    assert "job failed" in caplog.text
    assert "boom" in caplog.text


async def test_success_counts_nothing(counts):
    results = []

    async def work(first, second):
        results.append((first, second))

    await isolated("job", work, 1, 2)
    assert results == [(1, 2)]
    assert not counts


async def test_cancellation_passes(counts):
    with trio.CancelScope() as scope:
        scope.cancel()
        await isolated("job", trio.sleep_forever)
    assert scope.cancelled_caught
    assert not counts


async def test_group_of_cancellation_and_error_is_split(counts, caplog):
    async def cleanup_fails():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            try:
                await trio.sleep_forever()
            finally:
                raise KeyError("cleanup")

    with trio.CancelScope() as scope:
        scope.cancel()
        await isolated("job", cleanup_fails)
        pytest.fail("cancellation was swallowed")
    assert scope.cancelled_caught
    assert counts == {"job": 1}
    assert "cleanup" in caplog.text


async def test_every_leaf_of_a_group_is_logged_once_counted(counts, caplog):
    group = ExceptionGroup("outer", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])
    await isolated("job", fail, group)
    assert [record.exc_info[1].args[0] for record in caplog.records] == ["one", "two"]
    assert counts == {"job": 1}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
async def test_end_of_program_passes(error, counts):
    with pytest.raises(type(error)):
        await isolated("job", fail, error)
    assert not counts


async def test_injected_fault_fails_that_kind_of_task_only(monkeypatch, counts):
    done = []

    async def work(name):
        done.append(name)

    def inject(name):
        if name == "victim":
            raise RuntimeError("injected")

    monkeypatch.setattr(isolate, "fault_injection", inject)
    await isolated("victim", work, "victim")
    await isolated("neighbour", work, "neighbour")
    assert done == ["neighbour"]
    assert counts == {"victim": 1}


def test_a_plain_call_has_the_same_border(monkeypatch, counts, caplog):
    isolated_call("call", int, "not a number")
    assert counts == {"call": 1}
    assert "not a number" in caplog.text
    done = []
    isolated_call("call", done.append, 1)
    assert done == [1]
    assert counts == {"call": 1}
    with pytest.raises(KeyboardInterrupt):
        isolated_call("call", _interrupt)


def _interrupt():
    raise KeyboardInterrupt
