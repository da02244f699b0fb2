"""Who subscribes to whom, with stand-ins for the router and the load generator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from benchmarks.load import Media
from benchmarks.peer import Peer
from benchmarks.room import JOINS_AT_ONCE, Shape, open_room
from benchmarks.routers.contract import Publisher, Subscriber

PROFILES = ("SRTP_AES128_CM_SHA1_80",)


class Router:
    """Notes who does what; a subscription takes a second."""

    pid = None
    ip = "127.0.0.1"

    def __init__(self) -> None:
        self.joined: list[bool] = []
        self.left = 0
        self.subscriptions: list[tuple[int, str]] = []
        self.at_once = self.most_at_once = 0
        self.peers: list[Peer] = []

    @asynccontextmanager
    async def open_session(self) -> AsyncIterator[Router]:
        yield self

    @asynccontextmanager
    async def join(self, *, publishes: bool) -> AsyncIterator[Member]:
        self.joined.append(publishes)
        try:
            yield Member(self, len(self.joined) - 1)
        finally:
            self.left += 1


class Member:
    """Number *number* of those who joined."""

    def __init__(self, router: Router, number: int) -> None:
        self.router = router
        self.number = number

    async def publish(self, peer: Peer) -> Publisher:
        peer.srtp_profile = peer._srtp_profiles[0]
        return Publisher(peer, str(self.number), str(self.number), Media(1, 96), Media(2, 111))

    async def subscribe(self, peer: Peer, publisher: Publisher) -> Subscriber:
        self.router.peers.append(peer)
        self.router.at_once += 1
        self.router.most_at_once = max(self.router.most_at_once, self.router.at_once)
        await trio.sleep(1)
        self.router.at_once -= 1
        self.router.subscriptions.append((self.number, publisher.stream_id))
        return Subscriber(peer, 96, 111)


class Generator:
    """Numbers the peers."""

    def __init__(self) -> None:
        self.count = 0
        self.forgotten: list[int] = []

    def add(self, _peer: Publisher | Subscriber) -> int:
        self.count += 1
        return self.count - 1

    add_publisher = add_subscriber = add

    async def first_packet(self, _index: int) -> None:
        await trio.sleep(2)

    def forget(self, index: int) -> None:
        self.forgotten.append(index)


async def fill(router: Router, generator: Generator, shape: Shape) -> float:
    async with open_room(router, generator, shape.publishers, PROFILES) as room:
        seconds = await room.add_subscribers(shape.viewers)
        assert len(room.publishers) == shape.publishers
        assert len(room.subscribers) == shape.subscriptions == len(router.subscriptions)
        assert room.srtp_profile == PROFILES[0]
        assert router.left == 0
    return seconds


async def test_viewers_subscribe_to_the_one_publisher(autojump_clock: trio.testing.MockClock) -> None:
    router, generator = Router(), Generator()
    await fill(router, generator, Shape(1, 3))
    assert router.joined == [True, False, False, False]
    assert sorted(router.subscriptions) == [(1, "0"), (2, "0"), (3, "0")]


async def test_everybody_subscribes_to_everybody_else(autojump_clock: trio.testing.MockClock) -> None:
    router, generator = Router(), Generator()
    await fill(router, generator, Shape(3, 0))
    expected = [(who, str(whom)) for who in range(3) for whom in range(3) if who != whom]
    assert sorted(router.subscriptions) == expected


async def test_viewers_subscribe_to_all_publishers(autojump_clock: trio.testing.MockClock) -> None:
    router, generator = Router(), Generator()
    await fill(router, generator, Shape(2, 2))
    assert sorted(router.subscriptions) == [(0, "1"), (1, "0"), (2, "0"), (2, "1"), (3, "0"), (3, "1")]


async def test_joins_take_turns_and_end_with_the_room(autojump_clock: trio.testing.MockClock) -> None:
    router, generator = Router(), Generator()
    seconds = await fill(router, generator, Shape(1, 3 * JOINS_AT_ONCE))
    assert router.most_at_once == JOINS_AT_ONCE
    assert seconds == pytest.approx(3)
    assert router.left == len(router.joined)
    assert sorted(generator.forgotten) == list(range(generator.count))
    assert all(peer.socket.fileno() == -1 for peer in router.peers)


async def test_a_join_until_media_makes_room_for_the_next_with_its_first_packet(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with open_room(Router(), Generator(), 1, PROFILES) as room:
        assert await room.add_subscribers(2 * JOINS_AT_ONCE, until_media=True) == pytest.approx(2 * (1 + 2))


def test_a_shape_is_named_by_its_arrow() -> None:
    assert [str(Shape(1, 100)), str(Shape(5, 0))] == ["1→100", "5↔5"]
