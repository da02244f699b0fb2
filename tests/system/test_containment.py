"""What fails in one place stays there: every kind of task fails once while a call goes on beside it."""

from __future__ import annotations

import ast
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest
import trio

import ovrouter
from ovrouter import Config, Router, isolate, open_router
from tests.system.live_call import LiveCall, ask, open_call, token

DEADLINE_S = 170
"""So that a test fails rather than hangs; the clients of the call ping once, and are waited for three minutes."""

KINDS = (
    "active speaker",
    "automatic recording",
    "event consumer",
    "event log",
    "garbage collection",
    "http connection",
    "http request",
    "leave",
    "link",
    "link event",
    "network quality",
    "quality",
    "recording",
    "rpc",
    "rpc session",
    "webhook",
    "websocket",
    "websocket write",
    "worker event",
)
"""A visitor who comes, is recorded and goes starts all of these, but for what comes every second."""
RECORDED = {"recordingMode": "ALWAYS", "defaultRecordingProperties": {"outputMode": "INDIVIDUAL"}}

ELSEWHERE = {
    "end of a recording",
    "finishing of a recording",
    "prepared composer",
    "recovery of a recording",
    "recovery of recordings",
}
"""What no visitor starts; ``tests/unit/recording`` makes these fail."""


async def test_a_call_goes_on_whatever_fails_beside_it(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolate, "failure_counts", isolate.Counter())
    with trio.fail_after(DEADLINE_S):
        async with open_router(config) as router, open_call(router) as call:
            for count, kind in enumerate(KINDS, start=1):
                async with one_failure(kind) as failed, visited(router, call, f"session{count}"):
                    await failed.wait()
                await call.sees(frames=2)
                assert (await ask(router, "GET", "sessions/call"))["connections"]["numberOfElements"] == 2, kind
                assert isolate.failure_counts == dict.fromkeys(KINDS[:count], 1)


@asynccontextmanager
async def one_failure(kind: str) -> AsyncIterator[trio.Event]:
    """The next task of *kind* fails when it begins; sets the event."""
    failed = trio.Event()

    def fail_once(name: str) -> None:
        if name == kind and not failed.is_set():
            failed.set()
            raise RuntimeError(f"injected into {kind}")

    isolate.fault_injection = fail_once
    try:
        yield failed
    finally:
        isolate.fault_injection = None


@asynccontextmanager
async def visited(router: Router, call: LiveCall, session_id: str) -> AsyncIterator[None]:
    """Somebody comes to a new Session of *router* meanwhile; where it fails, so does the visit."""

    async def visit() -> None:
        with suppress(httpx.HTTPError, KeyError, ValueError):
            call.visit(await token(router, session_id, **RECORDED))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(visit)
        yield
    call.end_visits()


def test_every_kind_of_isolated_task_is_known_here() -> None:
    paths = Path(ovrouter.__file__).parent.rglob("*.py")
    nodes = itertools.chain.from_iterable(ast.walk(ast.parse(path.read_text())) for path in paths)
    assert {name for node in nodes for name in isolated_names(node)} == {*KINDS, *ELSEWHERE}


def isolated_names(node: ast.AST) -> Iterator[str]:
    """What a call of ``isolated`` or ``isolated_call``, direct or through ``start_soon``, gives as the name."""
    if isinstance(node, ast.Call):
        for function, name in itertools.pairwise([node.func, *node.args]):
            if isinstance(function, ast.Name) and function.id in ("isolated", "isolated_call"):
                assert isinstance(name, ast.Constant)
                yield name.value
