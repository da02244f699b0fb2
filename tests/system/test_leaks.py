"""Links come and go for ever: what each of them held is given back."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import trio
import trio.testing

from ovrouter import Config
from ovrouter.media import MediaPlane, open_media_plane
from ovrouter.medianode import OpenDownlink, OpenUplink

SDP = Path(__file__).parents[1] / "fixtures" / "sdp"
OFFER = (SDP / "chromium_audio_video.sdp").read_bytes().decode()
RECVONLY = (SDP / "chromium_recvonly.sdp").read_bytes().decode()
ROUNDS = 1000
DEADLINE_S = 170
"""So that a test fails rather than hangs."""


async def test_two_thousand_links_leave_nothing(config: Config) -> None:
    with trio.fail_after(DEADLINE_S):
        async with open_media_plane(config) as plane:
            await open_and_close(plane, 0)
            await trio.testing.wait_all_tasks_blocked()
            before = held(plane)
            for number in range(ROUNDS):
                await open_and_close(plane, number)
            await trio.testing.wait_all_tasks_blocked()
            assert held(plane) == before


async def open_and_close(plane: MediaPlane, number: int) -> None:
    """A published stream and a subscription, whose clients vanish before they shake hands."""
    uplink, downlink = f"up{number}", f"down{number}"
    await plane.open_uplink(OpenUplink(uplink, "session", "publisher", OFFER))
    await plane.open_downlink(OpenDownlink(downlink, uplink, "session", "subscriber", sdp_offer=RECVONLY))
    await trio.lowlevel.checkpoint()  # their tasks begin
    for link_id in (uplink, downlink) if number % 2 else (downlink, uplink):
        await plane.close_link(link_id)


def held(plane: MediaPlane) -> dict[str, int]:
    """Descriptors, tasks, and what lives in the fast path."""
    live = Counter()
    for worker in plane.workers:
        counters = worker.fastpath.counters()
        live.update({name: counters[name] for name in ("transports", "up_tracks", "down_tracks")})
        live["counted transports"] += worker.transport_count
    tasks = trio.lowlevel.current_statistics().tasks_living
    return {**live, "descriptors": len(os.listdir("/proc/self/fd")), "tasks": tasks}
