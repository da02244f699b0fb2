"""Any order of calls, of their waits and of their cancellations keeps a Session's books straight.

The session plane waits for the media node only, so its coroutines can be stepped by hand: a call advances from one
command of the node to the next when the test says so.
"""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Coroutine, Generator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from ovrouter.config import Config
from ovrouter.errors import OvrouterError
from ovrouter.events import (
    EndReason,
    Event,
    ParticipantEvicted,
    ParticipantJoined,
    ParticipantLeft,
    SessionDestroyed,
    SessionEvent,
    StreamPublished,
    StreamUnpublished,
    SubscriptionEnded,
    SubscriptionStarted,
)
from ovrouter.medianode import RenegotiationNeeded
from ovrouter.session import (
    Connection,
    ConnectionProperties,
    JoinRequest,
    PublishRequest,
    Role,
    Session,
    SessionProperties,
    SessionRegistry,
)
from ovrouter.testing.fake_media_node import FakeMediaNode

REQUEST = PublishRequest(
    sdp_offer="offer",
    has_audio=True,
    has_video=True,
    audio_active=True,
    video_active=True,
    type_of_video="CAMERA",
    frame_rate=30,
    video_dimensions=None,
)


class Cancelled(BaseException):
    """Thrown into a waiting call, and again at every further wait, as Trio does."""


@types.coroutine
def pause() -> Generator[None, None, None]:
    yield


class Call:
    """One call under way."""

    def __init__(self, owner: str | None, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.owner = owner
        self.is_done = False
        self._coroutine = coroutine
        self.advance()

    def advance(self) -> None:
        """To the next wait; refusals are fine, other errors are not."""
        try:
            self._coroutine.send(None)
        except (StopIteration, OvrouterError):
            self.is_done = True

    def cancel(self) -> None:
        while not self.is_done:
            try:
                self._coroutine.throw(Cancelled)
            except (Cancelled, StopIteration):
                self.is_done = True


class Books:
    """Checks every event against those before it."""

    def __init__(self) -> None:
        self.destroyed: set[tuple[str, int]] = set()
        self.present: dict[tuple[str, int], set[str]] = {}
        self.counts: Counter[tuple[type[Event], str]] = Counter()

    def record(self, event: Event) -> None:
        if not isinstance(event, SessionEvent):
            return
        key = (event.session_id, event.session_created_at_ms)
        assert key not in self.destroyed, f"{event} after its Session was destroyed"
        present = self.present.setdefault(key, set())
        if isinstance(event, ParticipantJoined):
            self.once(event, event.connection_id)
            assert event.connection_id not in event.audience
        if isinstance(event, ParticipantLeft):
            self.once(event, event.connection_id)
            assert self.counts[ParticipantJoined, event.connection_id] == 1
            present.discard(event.connection_id)
        if isinstance(event, ParticipantEvicted) and event.connection_id != "RECORDER":  # that id comes again
            self.once(event, event.connection_id)
        assert {id_ for id_ in event.audience if id_.startswith("con_")} <= present | {
            event.connection_id for event in [event] if isinstance(event, ParticipantEvicted)
        }
        if isinstance(event, ParticipantJoined):
            present.add(event.connection_id)
        if isinstance(event, StreamPublished | StreamUnpublished):
            self.once(event, event.stream["id"])
            assert self.counts[StreamPublished, event.stream["id"]] == 1
        if isinstance(event, SubscriptionStarted | SubscriptionEnded):
            self.alternate(event)
        if isinstance(event, SessionDestroyed):
            assert not present
            self.destroyed.add(key)

    def once(self, event: Event, id_: str) -> None:
        self.counts[type(event), id_] += 1
        assert self.counts[type(event), id_] == 1, f"{event} again"

    def alternate(self, event: SubscriptionStarted | SubscriptionEnded) -> None:
        link = f"{event.connection_id}_{event.stream['id']}"
        assert self.counts[StreamPublished, event.stream["id"]] == 1
        assert self.counts[StreamUnpublished, event.stream["id"]] == 0
        self.counts[type(event), link] += 1
        is_open = isinstance(event, SubscriptionStarted)
        assert self.counts[SubscriptionStarted, link] - self.counts[SubscriptionEnded, link] == is_open

    def assert_balanced(self) -> None:
        for begin, end in (
            (ParticipantJoined, ParticipantLeft),
            (StreamPublished, StreamUnpublished),
            (SubscriptionStarted, SubscriptionEnded),
        ):
            begun = {id_: count for (kind, id_), count in self.counts.items() if kind is begin}
            ended = {id_: count for (kind, id_), count in self.counts.items() if kind is end}
            assert begun == ended


class SessionMachine(RuleBasedStateMachine):
    pending = Bundle("pending")
    joined = Bundle("joined")

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = 0
        self.media = FakeMediaNode(pause=pause)
        self.books = Books()
        self.registry = SessionRegistry(
            Config(openvidu_secret="s3cret"), self.media, self.books.record, lambda: self.now_ms
        )
        self.registry.nodes.discover()
        self.calls: list[Call] = []

    def call(self, coroutine: Coroutine[Any, Any, Any], owner: str | None = None) -> None:
        """Start a call; those of one client come one after another, as signaling makes sure."""
        if owner is not None and any(call.owner == owner for call in self.calls):
            coroutine.close()
            return
        call = Call(owner, coroutine)
        if not call.is_done:
            self.calls.append(call)

    def session_of(self, connection: Connection) -> Session | None:
        """Its Session, unless a new one has taken the id."""
        session = next((one for one in self.registry.sessions() if one.id == connection.session_id), None)
        return session if session is not None and session.created_at_ms <= connection.created_at_ms else None

    @rule(target=pending, name=st.sampled_from(["a", "b"]), role=st.sampled_from(Role))
    def create_connection(self, name: str, role: Role) -> Connection:
        self.now_ms += 1
        session = next((one for one in self.registry.sessions() if one.id == name), None)
        session = session or self.registry.create(SessionProperties(custom_session_id=name))
        if session.is_closing:
            name = f"other {self.now_ms}"
            session = self.registry.create(SessionProperties(custom_session_id=name))
        return session.create_connection(ConnectionProperties(role=role))

    @rule(target=joined, connection=consumes(pending), by_secret=st.sampled_from([None, "", "recorder"]))
    def join(self, connection: Connection, by_secret: str | None) -> Connection:
        session = self.session_of(connection)
        if session is None:
            return connection
        request = JoinRequest(connection.token)
        if by_secret is not None:
            request = JoinRequest("", secret="s3cret", recorder=bool(by_secret))
        try:
            return session.join(request)
        except OvrouterError:
            return connection

    @rule(connection=joined)
    def publish(self, connection: Connection) -> None:
        if session := self.session_of(connection):
            self.call(session.publish(connection.id, REQUEST), connection.id)

    @rule(connection=joined)
    def unpublish(self, connection: Connection) -> None:
        if session := self.session_of(connection):
            self.call(session.unpublish(connection.id), connection.id)

    @rule(connection=joined)
    def reconnect_publisher(self, connection: Connection) -> None:
        if session := self.session_of(connection):
            self.call(session.reconnect_publisher(connection.id, "offer"), connection.id)

    @rule(
        connection=joined,
        publisher=joined,
        how=st.sampled_from(
            ["offer", "prepare", "prepare again", "answer", "offer again", "unsubscribe", "renegotiate"]
        ),
    )
    def subscribe(self, connection: Connection, publisher: Connection, how: str) -> None:
        session = self.session_of(connection)
        if session is None or publisher.stream is None:
            return
        me, stream_id = connection.id, publisher.stream.id
        if how == "renegotiate":
            self.call(self.registry.handle_link_event(RenegotiationNeeded(f"{me}_{stream_id}")))
        elif how == "offer":
            self.call(session.subscribe(me, stream_id, sdp_offer="offer"), me)
        elif how == "answer":
            self.call(session.subscribe(me, stream_id, sdp_answer="answer"), me)
        elif how == "offer again":
            self.call(session.reconnect_subscriber(me, stream_id, sdp_offer="offer"), me)
        elif how == "unsubscribe":
            self.call(session.unsubscribe(me, publisher.id), me)
        else:
            self.call(session.prepare_subscription(me, stream_id, reconnect=how == "prepare again"), me)

    @rule(connection=joined, by=st.none() | joined)
    def force_unpublish(self, connection: Connection, by: Connection | None) -> None:
        session = self.session_of(connection)
        if session is not None and connection.stream is not None:
            self.call(session.force_unpublish(connection.stream.id, by=by.id if by else None))

    @rule(connection=joined, reason=st.sampled_from([EndReason.DISCONNECT, EndReason.NETWORK_DISCONNECT]))
    def leave(self, connection: Connection, reason: EndReason) -> None:
        if session := self.session_of(connection):
            self.call(session.leave(connection.id, reason))

    @rule(connection=pending | joined)
    def evict(self, connection: Connection) -> None:
        if session := self.session_of(connection):
            self.call(session.evict(connection.id, EndReason.FORCE_DISCONNECT_BY_SERVER))

    @rule(connection=joined, by=joined)
    def force_disconnect(self, connection: Connection, by: Connection) -> None:
        if session := self.session_of(connection):
            self.call(session.force_disconnect(connection.id, by=by.id))

    @rule(connection=joined)
    def close(self, connection: Connection) -> None:
        if session := self.session_of(connection):
            self.call(session.close(EndReason.SESSION_CLOSED_BY_SERVER))

    @rule(wait_ms=st.sampled_from([0, 3_600_001]))
    def collect_garbage(self, wait_ms: int) -> None:
        self.now_ms += wait_ms
        self.registry.collect_garbage()

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), is_cancelled=st.sampled_from([False, False, False, True]))
    def step(self, data: st.DataObject, is_cancelled: bool) -> None:
        call = data.draw(st.sampled_from(self.calls))
        if is_cancelled:
            call.cancel()
        else:
            call.advance()
        self.calls = [call for call in self.calls if not call.is_done]

    @invariant()
    def subscriptions_are_to_published_streams(self) -> None:
        for session in self.registry.sessions():
            for connection in session.connections.values():
                for stream_id, subscription in connection.downlinks.items():
                    assert session.stream(stream_id) is subscription.stream

    @invariant()
    def what_is_published_or_received_is_open(self) -> None:
        if self.calls:
            return
        wanted = set()
        for session in self.registry.sessions():
            for connection in session.connections.values():
                wanted |= {connection.stream.id} if connection.stream else set()
                wanted |= {subscription.link_id for subscription in connection.subscriptions.values()}
        assert wanted <= self.media.open_links

    def teardown(self) -> None:
        self.run_all()
        self.call(self.registry.close_all(EndReason.OPENVIDU_SERVER_STOPPED))
        self.run_all()
        assert self.registry.sessions() == ()
        assert self.media.open_links == set()
        self.books.assert_balanced()

    def run_all(self) -> None:
        for call in self.calls:
            while not call.is_done:
                call.advance()
        self.calls = []


TestSessions = SessionMachine.TestCase
TestSessions.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
