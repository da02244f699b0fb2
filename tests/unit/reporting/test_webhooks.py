import json
import logging
from collections import defaultdict
from contextlib import asynccontextmanager, closing

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from ovrouter import Config, isolate
from ovrouter.config import WEBHOOK_EVENTS
from ovrouter.reporting import webhooks as webhooks_module
from ovrouter.reporting.journal import Journal
from ovrouter.reporting.lanes import REPORT_OVERHEAD_BYTES
from ovrouter.reporting.retry import LONGEST_DELAY_S, Verdict
from ovrouter.reporting.webhooks import GIVE_UP_S, MAX_REQUESTS, Webhooks, open_webhooks
from tests.unit.reporting.endpoint_server import Answer, open_endpoint_server

DEADLINE_S = 60
UP, DOWN, NO = (Verdict.DELIVERED, "status 200"), (Verdict.UNAVAILABLE, "refused"), (Verdict.REFUSED, "status 404")


class Endpoint:
    """Gives each lane the verdicts it is told to; otherwise it takes everything."""

    def __init__(self):
        self.attempts = []
        """``(time, report)``."""
        self.delivered = []
        self.verdicts = defaultdict(list)
        self.gates = {}
        self.in_hand = 0
        self.most_in_hand = 0

    def __str__(self):
        return "https://example.com/hook"

    def hold(self, lane):
        self.gates[lane] = trio.Event()
        return self.gates[lane]

    async def post(self, report):
        self.attempts.append((trio.current_time(), report))
        self.in_hand += 1
        self.most_in_hand = max(self.most_in_hand, self.in_hand)
        try:
            if report.lane in self.gates:
                await self.gates[report.lane].wait()
        finally:
            self.in_hand -= 1
        verdicts = self.verdicts[report.lane]
        verdict = verdicts.pop(0) if verdicts else UP
        if isinstance(verdict, Exception):
            raise verdict
        if verdict is UP:
            self.delivered.append(report)
        return verdict

    @property
    def bodies(self):
        return [json.loads(bytes(report.body)) for report in self.delivered]


@pytest.fixture
def endpoint():
    return Endpoint()


@asynccontextmanager
async def open_on(endpoint, folder, names=WEBHOOK_EVENTS):
    """Webhooks on a journal in *folder*; what an earlier one left there goes first."""
    journal = Journal(folder)
    try:
        async with trio.open_nursery() as nursery:
            webhooks = Webhooks(endpoint, journal, frozenset(names), nursery)
            webhooks.resume(journal.load()[0])
            yield webhooks
            nursery.cancel_scope.cancel()
    finally:
        journal.close()


@pytest.fixture
async def webhooks(endpoint, tmp_path):
    async with open_on(endpoint, tmp_path) as opened:
        yield opened


def send(webhooks, number, session="A", name="signalSent"):
    webhooks.report(name, {"sessionId": session, "uniqueSessionId": f"{session}_1", "data": number})


def numbers(endpoint, session="A"):
    return [body["data"] for body in endpoint.bodies if body["sessionId"] == session]


async def test_the_name_of_the_event_is_the_last_member(webhooks, endpoint):
    send(webhooks, 1)
    await webhooks.drained()
    assert bytes(endpoint.delivered[0].body) == (
        b'{"sessionId":"A","uniqueSessionId":"A_1","data":1,"event":"signalSent"}'
    )


async def test_only_chosen_events_are_sent(endpoint, tmp_path):
    async with open_on(endpoint, tmp_path, names=["sessionCreated"]) as webhooks:
        send(webhooks, 1, name="signalSent")
        send(webhooks, 2, name="sessionCreated")
        await webhooks.drained()
    assert numbers(endpoint) == [2]


async def test_a_session_is_told_of_in_order_and_holds_up_no_other(webhooks, endpoint):
    gate = endpoint.hold("A_1")
    for number in range(3):
        send(webhooks, number, "A")
        send(webhooks, number, "B")
    await wait_all_tasks_blocked()
    assert numbers(endpoint, "B") == [0, 1, 2]
    assert len([report for _, report in endpoint.attempts if report.lane == "A_1"]) == 1
    gate.set()
    await webhooks.drained()
    assert numbers(endpoint, "A") == [0, 1, 2]


async def test_two_sessions_of_one_name_are_two(webhooks, endpoint):
    endpoint.hold("A_1")
    send(webhooks, 1)
    webhooks.report("sessionCreated", {"sessionId": "A", "uniqueSessionId": "A_2", "data": 2})
    await wait_all_tasks_blocked()
    assert numbers(endpoint) == [2]


async def test_requests_at_once_are_bounded(webhooks, endpoint):
    gates = [endpoint.hold(f"{number}_1") for number in range(2 * MAX_REQUESTS)]
    for number in range(2 * MAX_REQUESTS):
        send(webhooks, number, str(number))
    await wait_all_tasks_blocked()
    assert endpoint.in_hand == MAX_REQUESTS
    for gate in gates:
        gate.set()
    await webhooks.drained()
    assert len(endpoint.delivered) == 2 * MAX_REQUESTS
    assert endpoint.most_in_hand == MAX_REQUESTS


async def test_an_outage_of_ten_minutes_loses_nothing(webhooks, endpoint, autojump_clock, monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.0)
    began_at = trio.current_time()

    async def post(report, take=endpoint.post):
        if trio.current_time() < began_at + 600:
            endpoint.verdicts[report.lane] = [DOWN]
        return await take(report)

    endpoint.post = post
    for number in range(5):
        send(webhooks, number)
    await webhooks.drained()
    assert numbers(endpoint) == [0, 1, 2, 3, 4]
    assert trio.current_time() < began_at + 600 + LONGEST_DELAY_S + 1
    times = [time - began_at for time, _ in endpoint.attempts]
    assert times[:6] == pytest.approx([0, 0.5, 1.5, 3.5, 7.5, 15.5])
    assert len({report.id for _, report in endpoint.attempts[:20]}) == 1
    assert len({report.id for report in endpoint.delivered}) == 5


async def test_what_is_refused_is_given_up_and_said(webhooks, endpoint, caplog):
    endpoint.verdicts["A_1"] = [NO]
    send(webhooks, 1)
    send(webhooks, 2)
    await webhooks.drained()
    assert numbers(endpoint) == [2]
    (record,) = caplog.records
    refused = endpoint.attempts[0][1]
    assert record.getMessage() == f"gave up signalSent {refused.id} of A_1: status 404"
    assert record.levelno == logging.ERROR


async def test_an_event_that_fails_for_a_day_is_given_up(webhooks, endpoint, autojump_clock, caplog):
    endpoint.verdicts["A_1"] = [DOWN] * 100_000
    send(webhooks, 1)
    await webhooks.drained()
    assert trio.current_time() - endpoint.attempts[0][0] == pytest.approx(GIVE_UP_S, abs=LONGEST_DELAY_S)
    assert numbers(endpoint) == []
    assert "gave up signalSent" in caplog.text


async def test_an_outage_is_logged_now_and_then(webhooks, endpoint, autojump_clock, caplog, monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.0)
    endpoint.verdicts["A_1"] = [DOWN] * 8  # until 91.5 s later
    send(webhooks, 1)
    await webhooks.drained()
    assert [record.getMessage() for record in caplog.records] == [
        f"https://example.com/hook: attempts that failed: {count}, the last one: refused; "
        "events are kept and sent again"
        for count in (1, 7)
    ]


async def test_a_defect_costs_one_event(webhooks, endpoint, monkeypatch):
    monkeypatch.setattr(isolate, "failure_counts", isolate.Counter())
    endpoint.verdicts["A_1"] = [ValueError("a defect")]
    send(webhooks, 1)
    send(webhooks, 2)
    await webhooks.drained()
    assert numbers(endpoint) == [2]
    assert isolate.failure_counts == {"webhook": 1}


async def test_the_next_router_goes_on_with_what_is_left(endpoint, tmp_path):
    endpoint.hold("A_1")
    async with open_on(endpoint, tmp_path) as webhooks:
        for number in range(3):
            send(webhooks, number, "A")
        send(webhooks, 7, "B")
        await wait_all_tasks_blocked()
        assert numbers(endpoint, "B") == [7]
        await webhooks.flush()
    other = Endpoint()
    async with open_on(other, tmp_path) as webhooks:
        send(webhooks, 3, "A")
        await webhooks.drained()
        await webhooks.flush()
    assert numbers(other, "A") == [0, 1, 2, 3]
    assert numbers(other, "B") == []
    assert [report.id for _, report in endpoint.attempts if report.lane == "A_1"] == [other.delivered[0].id]
    third = Endpoint()
    async with open_on(third, tmp_path):
        await wait_all_tasks_blocked()
    assert third.attempts == []


async def test_what_may_wait_is_bounded(endpoint, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(webhooks_module, "MAX_WAITING_BYTES", 2 * (REPORT_OVERHEAD_BYTES + 100))
    gate = endpoint.hold("A_1")
    async with open_on(endpoint, tmp_path) as webhooks:
        for number in range(4):
            send(webhooks, number)
        await wait_all_tasks_blocked()
        gate.set()
        await webhooks.drained()
        send(webhooks, 4)
        await webhooks.drained()
    assert numbers(endpoint) == [0, 1, 4]
    assert "until this is mended events are lost" in caplog.text
    assert "events that were lost: 2" in caplog.text


async def test_a_full_disk_delays_no_delivery_and_is_made_up_for(endpoint, tmp_path, monkeypatch, caplog):
    def fail(*_):
        raise OSError("No space left on device")

    gate = endpoint.hold("A_1")
    async with open_on(endpoint, tmp_path) as webhooks:
        send(webhooks, 0, "B")
        await webhooks.drained()
        await webhooks.durable()
        with monkeypatch.context() as patch:
            patch.setattr("os.write", fail)
            patch.setattr("os.fsync", fail)
            send(webhooks, 1, "A")
            send(webhooks, 1, "B")
            await webhooks.durable()
            await wait_all_tasks_blocked()
            await webhooks.durable()
        assert numbers(endpoint, "B") == [0, 1]
        assert "No space left on device; until this is mended events are not safe from a crash" in caplog.text
        send(webhooks, 2, "A")
        await webhooks.durable()
        assert "works again" in caplog.text
    other = Endpoint()
    async with open_on(other, tmp_path) as webhooks:
        await webhooks.drained()
    assert numbers(other, "A") == [1, 2]
    gate.set()


@asynccontextmanager
async def open_against(server, data_dir):
    config = Config(openvidu_webhook=True, openvidu_webhook_endpoint=server.url, ovrouter_data_dir=data_dir)
    async with open_webhooks(config) as webhooks:
        yield webhooks


async def test_from_configuration_to_endpoint(tmp_path):
    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server() as server:
            server.listen()
            async with open_against(server, tmp_path) as webhooks:
                send(webhooks, 1)
                send(webhooks, 2)
                (first, second) = await server.arrived(2)
    assert [first.json["data"], second.json["data"]] == [1, 2]
    assert first.id != second.id


async def test_errors_of_the_server_are_tried_again_under_the_same_id(tmp_path, monkeypatch):
    monkeypatch.setattr("ovrouter.reporting.retry.FIRST_DELAY_S", 0.01)
    answers = [Answer(500), None, Answer(503), Answer(204)]

    async def fail_thrice(_):
        return answers.pop(0)

    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server() as server:
            server.answer = fail_thrice
            server.listen()
            async with open_against(server, tmp_path) as webhooks:
                send(webhooks, 1)
                await webhooks.drained()
    assert len({request.id for request in server.requests}) == 1
    assert len({request.body for request in server.requests}) == 1
    assert len(server.requests) == 4


async def test_an_endpoint_that_comes_late_gets_everything(tmp_path, monkeypatch):
    monkeypatch.setattr("ovrouter.reporting.retry.FIRST_DELAY_S", 0.01)
    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server() as server, open_against(server, tmp_path) as webhooks:
            for number in range(3):
                send(webhooks, number)
            await webhooks.durable()
            server.listen()
            await webhooks.drained()
    assert [request.json["data"] for request in server.requests] == [0, 1, 2]


async def test_an_end_waits_for_deliveries(tmp_path, monkeypatch):
    monkeypatch.setattr(webhooks_module, "DRAIN_S", DEADLINE_S)
    may_answer = trio.Event()

    async def answer_later(_):
        await may_answer.wait()
        return Answer()

    async def release():
        await wait_all_tasks_blocked()  # the end waits
        may_answer.set()

    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server() as server, trio.open_nursery() as nursery:
            server.answer = answer_later
            server.listen()
            async with open_against(server, tmp_path) as webhooks:
                send(webhooks, 1)
                await server.arrived(1)
                await webhooks.durable()
                nursery.start_soon(release)
    with closing(Journal(tmp_path / "webhooks")) as journal:
        assert journal.load() == ([], 0)


async def test_an_end_does_not_wait_for_ever(tmp_path):
    with trio.fail_after(DEADLINE_S):
        async with open_endpoint_server() as server:
            async with open_against(server, tmp_path) as webhooks:
                send(webhooks, 1)
            server.listen()
            async with open_against(server, tmp_path):
                (request,) = await server.arrived(1)
    assert request.json["data"] == 1
