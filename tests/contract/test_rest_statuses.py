"""Every (endpoint, status) pair of the REST API: answered as said, documented as answered (rest_statuses/)."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ovrouter.rest.operation import operation_of
from tests.contract.rest_statuses.case import EMPTY, ERROR, JSON, TEXT, filled
from tests.contract.rest_statuses.documented import DOCUMENTED
from tests.contract.rest_statuses.table import CASES, COMMON, DECLARED, REASONS, pair_of, proofs, render
from tests.unit.rest.harness import Rest

PAGE = Path(__file__).parents[2] / "docs/rest.md"
PAGES = {("GET", "/openvidu/accept-certificate", 200), ("GET", "/dashboard", 302)}
"""No part of the API."""
DOCUMENTED_PAIRS = {(*endpoint, status) for endpoint, statuses in DOCUMENTED.items() for status in statuses}


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_status(case):
    rest = Rest()
    session = await rest.session("used")
    await rest.session("unused")
    assert (await rest.post("/sessions", {"customSessionId": "relayed", "mediaMode": "RELAYED"})).status == 200
    publisher = await rest.publisher(session)
    pending = (await rest.post("/sessions/used/connection", {})).json["id"]
    names = {"active": publisher.id, "stream": publisher.stream.id, "pending": pending}
    if case.before is not None:
        await case.before(rest)
    before = len(rest.events)

    answer = await rest.ask(case.method, filled(case.path, names), filled(case.body, names))

    assert answer.status == case.status
    if case.kind == EMPTY:
        assert answer.body == b""
    elif case.kind == JSON:
        msgspec.convert(answer.json, declared_shape(rest, case))
    elif case.kind == ERROR:
        error = answer.json
        assert (error["status"], error["path"]) == (case.status, filled(case.path, names).partition("?")[0])
        assert error["message"]
    elif case.kind == TEXT:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.body
    if case.status >= 400:
        assert len(rest.events) == before, "a refused request changes nothing"
        assert len(session.pending) == 1


def declared_shape(rest: Rest, case) -> Any:
    """What the handler says it answers with this status."""
    rule, _ = rest.app.url_map.bind("localhost").match(case.path.partition("?")[0], case.method, return_rule=True)
    _, shape = operation_of(rest.app.view_functions[rule.endpoint]).answers[case.status]
    assert shape is not None
    return shape


def test_every_documented_pair_is_proved_or_explained():
    assert DOCUMENTED_PAIRS - proofs().keys() - REASONS.keys() == set()


def test_every_declared_status_is_proved_or_explained():
    own = {pair for pair in DECLARED if pair[2] not in COMMON}
    assert own - proofs().keys() - REASONS.keys() == set()


def test_every_answered_status_is_declared():
    assert {pair for case in CASES if (pair := pair_of(case))} - DECLARED.keys() - PAGES == set()


def test_no_explanation_is_left_where_there_is_a_proof():
    assert REASONS.keys() & proofs().keys() == set()
    assert REASONS.keys() - DOCUMENTED_PAIRS - DECLARED.keys() == set()


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == render(), "make docs"
