import asyncio
from itertools import islice, pairwise
from pathlib import Path

import pytest

from benchmarks.cameras import CLIP_S, make_clip, packets_again_and_again, ping


@pytest.mark.parametrize(("kind", "per_s"), [("video", 30), ("audio", 50)])
def test_a_clip_goes_on_and_on_without_a_gap(kind: str, per_s: int, tmp_path: Path) -> None:
    clip = tmp_path / "clip.webm"
    make_clip(clip, 0)
    packets = list(islice(packets_again_and_again(str(clip), kind), round(2.5 * CLIP_S * per_s)))
    times_s = [float(packet.pts * packet.time_base) for packet in packets]
    assert times_s[-1] == pytest.approx(2.5 * CLIP_S, abs=0.1)
    steps_s = [later - earlier for earlier, later in pairwise(times_s)]
    assert steps_s == pytest.approx([1 / per_s] * len(steps_s), abs=0.01)


def test_cameras_ping_again_and_again() -> None:
    async def meet() -> list[str]:
        said: asyncio.Queue[str] = asyncio.Queue()
        pinging = asyncio.create_task(ping([Participant(said), Participant(said)], 0))
        heard = [await said.get() for _ in range(4)]
        pinging.cancel()
        return heard

    assert asyncio.run(meet()) == ["ping"] * 4


class Participant:
    """Tells what it is made to call."""

    def __init__(self, said: asyncio.Queue[str]) -> None:
        self.said = said

    async def call(self, method: str) -> None:
        self.said.put_nowait(method)
