from __future__ import annotations

from typing import Any

import trio

from benchmarks.generator import Generator


class Loop:
    """Of the packet loop: how much came for whom."""

    def __init__(self) -> None:
        self.packets = {0: 5, 1: 0}

    def received(self, index: int) -> tuple[int, ...]:
        return self.packets[index], 0, 0, 0

    def nothing(self) -> list[Any]:
        return []

    take_samples = take_control = nothing


async def test_a_first_packet_is_waited_for_at_its_own_subscriber(autojump_clock: trio.testing.MockClock) -> None:
    generator = Generator()
    generator.loop = loop = Loop()  # type: ignore[assignment]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(generator.tend)
        await generator.first_packet(0)
        with trio.move_on_after(1) as patience:
            await generator.first_packet(1)
        assert patience.cancelled_caught
        loop.packets[1] = 1
        await generator.first_packet(1)
        nursery.cancel_scope.cancel()
