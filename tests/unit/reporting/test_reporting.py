import trio
import trio.testing

from ovrouter import Config, events
from ovrouter.events import EndReason
from ovrouter.reporting import Reporting, open_reporting

CREATED = events.SessionCreated(session_id="ses_A", session_created_at_ms=1, timestamp_ms=1)


class Sink:
    def __init__(self):
        self.reported = []
        self.written = trio.Event()

    def report(self, name, members):
        self.reported.append((name, members))

    async def durable(self):
        await self.written.wait()


async def answering(scope, receive, send):
    await send({"type": "websocket.send", "text": "first"})
    await send({"type": "websocket.send", "text": "second"})


def test_every_sink_gets_what_is_reported_and_nothing_else():
    one, other = Sink(), Sink()
    reporting = Reporting([one, other])
    reporting.report(CREATED)
    reporting.report(
        events.ParticipantEvicted(
            session_id="ses_A",
            session_created_at_ms=1,
            timestamp_ms=1,
            connection_id="con_A",
            reason=EndReason.DISCONNECT,
        )
    )
    members = {"sessionId": "ses_A", "uniqueSessionId": "ses_A_1", "timestamp": 1}
    assert one.reported == other.reported == [("sessionCreated", members)]


async def test_answers_leave_in_order_when_every_sink_has_written():
    one, other = Sink(), Sink()
    app = Reporting([one, other]).hold_answers(answering)
    sent = []

    async def send(message):
        sent.append(message["text"])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(app, {"type": "websocket"}, None, send)
        one.written.set()
        await trio.testing.wait_all_tasks_blocked()
        assert sent == []
        other.written.set()
    assert sent == ["first", "second"]


async def test_costs_nothing_when_nobody_wants_to_know():
    async with open_reporting(Config()) as reporting:
        assert reporting.hold_answers(answering) is answering
        reporting.report(CREATED)
        await reporting.durable()


async def test_the_configuration_turns_the_cdr_on(tmp_path):
    async with open_reporting(Config(openvidu_cdr=True, openvidu_cdr_path=f"{tmp_path}/cdr/")) as reporting:
        reporting.report(CREATED)
        await reporting.durable()
        (path,) = (tmp_path / "cdr").iterdir()
        assert path.read_text().startswith('{"sessionCreated":')
