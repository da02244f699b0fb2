"""Calls of clients that reach the router through a real coturn only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.meeting import Meeting
from tests.browser.participant import Participant
from tests.browser.router_process import LOOPBACK_SETTINGS
from tests.interop.coturn import HOST, free_port, run_coturn

SECRET = "turn-s3cret"


@pytest.fixture(scope="module")
def turn_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    folder = tmp_path_factory.mktemp("coturn")
    settings = {**LOOPBACK_SETTINGS, "COTURN_PORT": str(port), "COTURN_SHARED_SECRET_KEY": SECRET}
    with run_coturn(folder, HOST, OVROUTER_DATA_DIR=str(folder), **settings):
        yield port


@pytest.fixture(scope="module")
def router_settings(turn_port: int) -> dict[str, str]:
    return {"COTURN_IP": HOST, "COTURN_PORT": str(turn_port), "COTURN_SHARED_SECRET_KEY": SECRET}


def assert_call_through(url_begins: str, publisher: Participant, subscriber: Participant) -> None:
    stream = publisher.publish()
    subscriber.sees(stream)
    assert subscriber.hears(stream) > 0
    for candidate in (publisher.publisher_candidate(), subscriber.subscriber_candidate(stream)):
        assert candidate["candidateType"] == "relay"
        assert candidate["url"].startswith(url_begins)


def test_clients_are_given_the_configured_server(meeting: Meeting, turn_port: int) -> None:
    assert_call_through(f"turn:{HOST}:{turn_port}", meeting.join(relay_only=True), meeting.join(relay_only=True))


def test_a_connection_may_name_another_server(meeting: Meeting, turn_port: int) -> None:
    url = f"turn:{HOST}:{turn_port}?transport=tcp"
    servers = [{"url": url, "staticAuthSecret": SECRET}]
    publisher, subscriber = (meeting.join(connection={"customIceServers": servers}, relay_only=True) for _ in range(2))
    assert_call_through(url, publisher, subscriber)
