"""Two routers in one program."""

from __future__ import annotations

from collections.abc import Callable

import trio

from ovrouter import Config, open_router
from tests.system.live_call import ask, open_call, start_call

DEADLINE_S = 120
"""So that a test fails rather than hangs."""


async def test_a_call_goes_on_when_the_other_router_closes(new_config: Callable[[str], Config]) -> None:
    with trio.fail_after(DEADLINE_S):
        async with (
            open_router(new_config("staying")) as staying,
            open_call(staying) as call,
            trio.open_nursery() as nursery,
        ):
            async with open_router(new_config("closing")) as closing:
                other_call = await start_call(closing, nursery)
                await other_call.sees(frames=2)
            await call.sees(frames=5)
            assert (await ask(staying, "GET", "sessions"))["numberOfElements"] == 1
            other_call.hang_up()
