"""Requests to restart, one after another and at once."""

import threading

import pytest
import trio
import trio.testing

from ovrouter import Config, ConfigError
from ovrouter.restart import Restarts


async def test_nothing_is_asked_at_first(autojump_clock):
    restarts = Restarts(Config())
    with trio.move_on_after(1000) as waiting:
        await restarts.wait_asked()
    assert waiting.cancelled_caught
    assert restarts.begin() == Config()


async def test_changes_in_memory_add_up():
    restarts = Restarts(Config())
    await restarts.ask({"OPENVIDU_CDR": False, "OPENVIDU_SESSIONS_GARBAGE_INTERVAL": 5})
    await restarts.ask({"OPENVIDU_SESSIONS_GARBAGE_THRESHOLD": 6})
    await restarts.wait_asked()
    config = restarts.begin()
    assert (config.openvidu_sessions_garbage_interval, config.openvidu_sessions_garbage_threshold) == (5, 6)


async def test_a_request_is_granted_once(autojump_clock):
    restarts = Restarts(Config())
    await restarts.ask({})
    restarts.begin()
    with trio.move_on_after(1000) as waiting:
        await restarts.wait_asked()
    assert waiting.cancelled_caught


@pytest.mark.parametrize("body", [{"COTURN_PORT": 1}, {"OPENVIDU_WEBHOOK": True}])
async def test_a_refused_request_is_none(autojump_clock, body):
    restarts = Restarts(Config())
    with pytest.raises(ConfigError):
        await restarts.ask(body)
    with trio.move_on_after(1000) as waiting:
        await restarts.wait_asked()
    assert waiting.cancelled_caught
    assert restarts.config == Config()


async def test_requests_at_once_are_kept_one_after_the_other():
    entered, written = [], threading.Event()

    def change(texts):
        entered.append(texts["OPENVIDU_SESSIONS_GARBAGE_INTERVAL"])
        assert written.wait(30)
        return Config()

    restarts = Restarts(Config(), change)
    async with trio.open_nursery() as nursery:
        for seconds in range(3):
            nursery.start_soon(restarts.ask, {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": seconds})
        while not entered:
            await trio.testing.wait_all_tasks_blocked()
        await trio.testing.wait_all_tasks_blocked()
        assert len(entered) == 1
        written.set()
    assert sorted(entered) == ["0", "1", "2"]


async def test_the_loop_goes_on_while_settings_are_written():
    written = threading.Event()

    def change(texts):
        assert written.wait(30), "the loop stood still"
        return Config()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(Restarts(Config(), change).ask, {})
        await trio.testing.wait_all_tasks_blocked()
        written.set()
