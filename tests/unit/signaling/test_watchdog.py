import pytest
import trio

from ovrouter.signaling.watchdog import Watchdog


async def time_to_expiry(watchdog):
    start = trio.current_time()
    with watchdog.scope:
        await trio.sleep_forever()
    assert watchdog.expired
    return trio.current_time() - start


async def test_three_intervals_after_the_last_ping(autojump_clock):
    watchdog = Watchdog()
    watchdog.feed(5000)
    await trio.sleep(10)
    watchdog.feed()
    assert await time_to_expiry(watchdog) == pytest.approx(15)


async def test_the_first_ping_fixes_the_interval(autojump_clock):
    watchdog = Watchdog()
    watchdog.feed(5000)
    watchdog.feed(60_000)
    assert await time_to_expiry(watchdog) == pytest.approx(15)


async def test_runs_before_any_ping(autojump_clock):
    assert await time_to_expiry(Watchdog()) == pytest.approx(60)


async def test_resumes_with_the_interval_it_is_given(autojump_clock):
    watchdog = Watchdog()
    watchdog.resume(5.0)
    watchdog.feed(30_000)
    assert await time_to_expiry(watchdog) == pytest.approx(15)


@pytest.mark.parametrize(
    ("interval_ms", "interval_s"),
    [
        (None, 20),
        ("5000", 20),
        (True, 20),
        ({}, 20),
        (0, 1),
        (-5, 1),
        (10**400, 60),
        (1e300, 60),
        (2500.0, 2.5),
    ],
)
async def test_nonsense_cannot_switch_it_off(interval_ms, interval_s):
    watchdog = Watchdog()
    watchdog.feed(interval_ms)
    assert watchdog.interval_s == interval_s
