"""Broadcasts on a real session plane, with compositions that tests decide about."""

from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from ovrouter.broadcast import Broadcasts, job
from ovrouter.errors import AlreadyBroadcast, CompositionFailed, NotBroadcast
from ovrouter.events import BroadcastStarted, BroadcastStopped, EndReason, SessionDestroyed
from ovrouter.session import RecordingProperties
from tests.unit.session.conftest import World

URL = "rtmp://live.example/app/key"


class FakeComposition:
    def __init__(self):
        self.shown = []
        self.orders = []
        self.ended = trio.Event()
        self.failure = "the composer process ended"
        self.is_closed = False
        self.changed = trio.Event()

    async def show(self, streams):
        self.shown.append([stream.id for stream in streams])
        self.changed.set()

    async def wait_shown(self):
        await self.changed.wait()
        self.changed = trio.Event()

    async def start(self, order):
        self.orders.append(order)

    def crash(self):
        self.ended.set()


class Studio:
    """A world with broadcasts, and the compositions they opened."""

    def __init__(self, nursery):
        self.world = World()
        self.compositions = []
        self.opened = trio.Event()
        self.start = FakeComposition.start
        self.broadcasts = Broadcasts(self, self._emit, lambda: self.world.now_ms, nursery)
        self.world.registry._emit = self._emit

    def _emit(self, event):
        self.world.events.append(event)
        self.broadcasts.notify(event)

    @asynccontextmanager
    async def open(self, session, properties, name):
        composition = FakeComposition()
        composition.start = self.start.__get__(composition)
        self.compositions.append(composition)
        self.opened.set()
        yield composition
        composition.is_closed = True

    def told(self):
        return [event for event in self.world.events if isinstance(event, BroadcastStarted | BroadcastStopped)]

    async def begin(self, session):
        await self.broadcasts.start(session, URL, RecordingProperties(resolution="640x360", frame_rate=20))


@pytest.fixture
async def studio(nursery):
    return Studio(nursery)


@pytest.fixture
async def session(studio):
    session = studio.world.session(custom_session_id="A")
    studio.alice = studio.world.join(session)
    return session


async def refuse(composition, order):
    raise CompositionFailed("Connection refused")


async def wait_forever(composition, order):
    await trio.sleep_forever()


async def test_a_broadcast_tells_all_participants_of_start_and_end(studio, session):
    await studio.begin(session)
    assert session.is_broadcast
    order = studio.compositions[0].orders[0]
    assert (order.url, order.container, order.width, order.height, order.frame_rate) == (URL, "flv", 640, 360, 20)
    await studio.broadcasts.stop(session)
    assert not session.is_broadcast
    assert studio.compositions[0].is_closed
    started, stopped = studio.told()
    assert isinstance(started, BroadcastStarted)
    assert isinstance(stopped, BroadcastStopped)
    assert stopped.reason is EndReason.BROADCAST_STOPPED_BY_SERVER
    assert started.audience == stopped.audience == (studio.alice.id,)


async def test_what_is_published_later_is_shown(studio, session):
    await studio.begin(session)
    composition = studio.compositions[0]
    assert composition.shown == [[]]
    composition.changed = trio.Event()
    stream = await studio.world.publish(session, studio.alice)
    await composition.wait_shown()
    assert composition.shown[-1] == [stream.id]
    await session.unpublish(studio.alice.id)
    await composition.wait_shown()
    assert composition.shown[-1] == []


async def test_a_second_start_and_a_second_stop_are_refused(studio, session):
    await studio.begin(session)
    with pytest.raises(AlreadyBroadcast):
        await studio.begin(session)
    await studio.broadcasts.stop(session)
    with pytest.raises(NotBroadcast):
        await studio.broadcasts.stop(session)
    await studio.begin(session)
    assert session.is_broadcast


async def test_a_server_that_refuses_leaves_nothing_behind(studio, session):
    studio.start = refuse
    with pytest.raises(CompositionFailed, match="Connection refused"):
        await studio.begin(session)
    assert studio.told() == []
    assert not session.before_end
    studio.start = FakeComposition.start
    await studio.begin(session)
    assert session.is_broadcast


async def test_a_silent_server_is_given_up(studio, session, autojump_clock):
    studio.start = wait_forever
    with pytest.raises(CompositionFailed, match="within 20 s"):
        await studio.begin(session)
    assert studio.told() == []


async def test_the_end_of_a_session_ends_its_broadcast_before(studio, session):
    await studio.begin(session)
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)
    stopped, destroyed = studio.world.events[-2:]
    assert isinstance(stopped, BroadcastStopped)
    assert isinstance(destroyed, SessionDestroyed)
    assert stopped.reason is EndReason.SESSION_CLOSED_BY_SERVER


async def test_the_end_of_a_session_ends_a_broadcast_that_is_starting(studio, session, nursery):
    studio.start = wait_forever
    nursery.start_soon(session_ends_when_opened, studio, session)
    with pytest.raises(CompositionFailed, match="stopped"):
        await studio.begin(session)
    assert studio.told() == []


async def session_ends_when_opened(studio, session):
    await studio.opened.wait()
    await trio.testing.wait_all_tasks_blocked()
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)


async def test_a_composer_that_breaks_begins_anew_without_a_word(studio, session):
    await studio.begin(session)
    studio.opened = trio.Event()
    studio.compositions[0].crash()
    await studio.opened.wait()
    await trio.testing.wait_all_tasks_blocked()
    assert [len(composition.orders) for composition in studio.compositions] == [1, 1]
    assert len(studio.told()) == 1
    assert session.is_broadcast


async def test_a_composer_that_breaks_again_and_again_ends_the_broadcast(studio, session):
    await studio.begin(session)
    for _ in range(job.RESTARTS + 1):
        studio.compositions[-1].crash()
        await trio.testing.wait_all_tasks_blocked()
    assert len(studio.compositions) == job.RESTARTS + 1
    assert not session.is_broadcast
    assert studio.told()[-1].reason is EndReason.MEDIA_SERVER_DISCONNECT
