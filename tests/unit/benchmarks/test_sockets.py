"""What becomes of the readings, and who is in which session; no router is started."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import trio

from benchmarks import sockets
from benchmarks.measure import ProcessReading
from benchmarks.routers.openvidu import OpenViduRouter
from benchmarks.routers.openvidu_client import OpenViduRest
from benchmarks.sockets import JOINING_AT_ONCE, SESSION_SIZE, idle_sockets


def test_pings_are_paid_by_their_number() -> None:
    result = idle_sockets(
        sockets=2000, pings=8000, watch_s=20.0, joined_s=50.0, pinging_s=2.4, grown_bytes=2000 * 65_536
    )
    assert result.pings_per_s == 400
    assert result.ping_cpu_us == pytest.approx(300)
    assert result.core_busy == pytest.approx(0.12)
    assert result.bytes_per_socket == 65_536
    assert result.joins_per_s == 40


class Rest:
    """Numbers sessions; a token names its session."""

    def __init__(self) -> None:
        self.sessions = 0

    async def create_session(self) -> str:
        self.sessions += 1
        return str(self.sessions)

    async def create_token(self, session: str, role: str) -> str:
        return f"{session} {role}"


class Sockets:
    """Stand-ins for client sockets, whose joins take a second."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.joining = self.most_joining = self.joined = self.open = 0

    @asynccontextmanager
    async def open_signaling(self, token: str, _notify: Callable[..., None], **_: Any) -> AsyncIterator[Sockets]:
        self.tokens.append(token)
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    async def join(self) -> None:
        self.joining += 1
        self.most_joining = max(self.most_joining, self.joining)
        await trio.sleep(1)
        self.joining -= 1
        self.joined += 1


async def test_clients_sit_in_small_sessions_and_join_a_few_at_a_time(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = Sockets()
    monkeypatch.setattr(sockets, "open_signaling", clients.open_signaling)
    count = 4 * SESSION_SIZE + 2
    async with sockets._clients(cast("OpenViduRest", Rest()), count) as joined:
        assert len(joined) == clients.joined == clients.open == count
    assert clients.open == 0
    assert clients.most_joining == JOINING_AT_ONCE
    assert sorted(Counter(clients.tokens).values()) == [2] + [SESSION_SIZE] * 4


async def test_a_span_is_watched_from_end_to_end(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    began_s = trio.current_time()

    def reading(pid: int) -> Any:
        elapsed_s = trio.current_time() - began_s
        return ProcessReading(cpu_s=7 + elapsed_s / 10, threads={}, rss_bytes=int(1000 + elapsed_s))

    monkeypatch.setattr(sockets, "read_process", reading)
    router = OpenViduRouter("https://127.0.0.1", "secret", 1)
    watch = functools.partial(sockets._watch, router, 20.0)
    assert await watch() == (pytest.approx(2), 1020)
