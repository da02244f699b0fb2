"""What Prometheus is told, as its own parser reads it."""

import re
import socket
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from ovrouter._fastpath import Worker

PATH = "/ovrouter/metrics"
DOCUMENT = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()


async def told(rest):
    answer = await rest.ask("GET", PATH)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


async def test_sessions_and_what_is_in_them_are_counted(rest):
    before = await told(rest)
    assert before[("ovrouter_sessions",)] == 0
    session = await rest.session()
    publisher = await rest.publisher(session)
    subscriber = rest.join(session)
    await session.subscribe(subscriber.id, publisher.stream.id, sdp_offer="offer")
    now = await told(rest)
    names = ("sessions", "connections", "streams", "subscriptions", "recorded_sessions", "links")
    assert [now[f"ovrouter_{name}",] for name in names] == [1, 2, 1, 1, 0, 2]


async def test_counters_of_the_packet_path_are_passed_on(rest):
    rest.media.totals = {"forwarded_packets": 7, "dropped_srtp_replay_packets": 3, "transports": 2}
    now = await told(rest)
    assert now["ovrouter_forwarded_packets_total",] == 7
    assert now["ovrouter_dropped_packets_total", "srtp_replay"] == 3
    assert now["ovrouter_transports",] == 2


async def test_every_counter_of_the_packet_path_is_there(rest):
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        worker = Worker([sock])
        rest.media.totals = {name: 1000 + number for number, name in enumerate(worker.counters())}
        worker.close()
    values = [value for value in (await told(rest)).values() if value >= 1000]
    assert sorted(values) == sorted(rest.media.totals.values())


async def test_the_document_lists_every_metric(rest):
    rest.media.totals = {"dropped_empty_packets": 1}
    text = (await rest.ask("GET", PATH)).body.decode()
    listed = dict(re.findall(r"^\| `(\w+)` \| \w+ \| ([^.]+\.)", DOCUMENT, re.MULTILINE))
    assert listed == dict(re.findall(r"^# HELP (\w+) (.*)$", text, re.MULTILINE))


async def test_it_needs_the_secret(rest):
    assert (await rest.ask("GET", PATH, authorization=None)).status == 401
