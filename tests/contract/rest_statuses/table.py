"""docs/rest.md, made from the cases, from what the handlers declare and from OpenVidu's document."""

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from werkzeug.exceptions import HTTPException

from ovrouter.rest.openapi import documented_path, openapi_document
from tests.contract.rest_statuses import (
    administration,
    broadcast,
    connections,
    media_nodes,
    recordings,
    sessions,
    signal,
    speech_to_text,
    streams,
    tokens,
)
from tests.contract.rest_statuses.case import API, NOTHING, Case
from tests.contract.rest_statuses.documented import DOCUMENTED
from tests.unit.rest.harness import Rest

__all__ = ["CASES", "COMMON", "DECLARED", "MODULES", "REASONS", "Pair", "proofs", "render"]

MODULES: tuple[ModuleType, ...] = (
    sessions, connections, streams, signal, tokens, recordings, media_nodes, broadcast, speech_to_text, administration,
)  # fmt: skip
Pair = tuple[str, str, int]
"""Method, path with its parameters in braces, status."""
CASES: list[Case] = [case for module in MODULES for case in module.CASES]
REASONS: dict[Pair, str] = {pair: why for module in MODULES for pair, why in module.REASONS.items()}
COMMON = {
    401: ("the `Authorization` header is missing or wrong", "tests/unit/rest/test_openapi.py"),
    408: ("a body is announced and does not arrive", "tests/unit/rest/test_parameters.py"),
    413: ("a body is too large", "tests/unit/rest/test_parameters.py"),
    415: ("a body is not `application/json`", "tests/unit/rest/test_parameters.py"),
}
"""What no endpoint answers in a way of its own: when, and where it is proved."""
BESIDES = {429: ("ten wrong secrets came from the address within a minute", "tests/unit/rest/test_auth.py")}
"""What all endpoints answer too, though some have reasons of their own for the same status."""

_ROUTES = Rest().app.url_map.bind("localhost")
_DOCUMENT = openapi_document(Rest().app)

DECLARED: dict[Pair, str] = {
    (method.upper(), path, int(status)): response["description"]
    for path, operations in _DOCUMENT["paths"].items()
    for method, described in operations.items()
    for status, response in described["responses"].items()
}
"""When handlers say they answer what."""


def pair_of(case: Case) -> Pair | None:
    """The pair that *case* proves; None for a path or method that nobody serves."""
    try:
        rule, _ = _ROUTES.match(case.path.partition("?")[0], case.method, return_rule=True)
    except HTTPException:
        return None
    method = "GET" if case.method == "HEAD" else case.method
    return method, documented_path(rule), case.status


@cache
def proofs() -> dict[Pair, list[Case]]:
    """The cases of each pair."""
    found: defaultdict[Pair, list[Case]] = defaultdict(list)
    for case in CASES:
        pair = pair_of(case)
        if pair is not None:
            found[pair].append(case)
    return found


def render() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# The REST API, status by status"
    yield ""
    yield "Made from the tests by `make docs`; do not edit. Parameters and objects are in `/ovrouter/api/openapi.json`."
    yield ""
    yield "The second column says whether OpenVidu's own document names the status. The last shows a request that is"
    yield "answered so and says how many tests send such, or why there is none. Paths in it begin after"
    yield "`/openvidu/api`; the tests are in `tests/contract/rest_statuses/`."
    yield ""
    yield "Every endpoint answers"
    yield ""
    for status, (when, where) in (COMMON | BESIDES).items():
        yield f"- **{status}** when {when} (`{where}`)"
    endpoints = dict.fromkeys([*DOCUMENTED, *((method, path) for method, path, _ in DECLARED)])
    for method, path in endpoints:
        yield from _section(method, path)
    yield ""


def _section(method: str, path: str) -> Iterator[str]:
    documented = DOCUMENTED.get((method, path), ())
    declared = {pair[2] for pair in DECLARED if pair[:2] == (method, path)}
    yield ""
    yield f"## {method} {path}"
    yield ""
    yield "| Status | OpenVidu | When | Proof |"
    yield "|---|---|---|---|"
    for status in sorted({*documented, *declared} - COMMON.keys()):
        pair = (method, path, status)
        yield f"| {status} | {'yes' if status in documented else ''} | {DECLARED.get(pair, '')} | {_proof(pair)} |"


def _proof(pair: Pair) -> str:
    cases = proofs().get(pair, [])
    if not cases:
        return REASONS.get(pair, "")
    count = "1 test" if len(cases) == 1 else f"{len(cases)} tests"
    return f"`{_example(cases[0])}`; {count}"


def _example(case: Case) -> str:
    body = "" if case.body is NOTHING else f" {_text(case.body)}"
    return f"{case.method} {case.path.removeprefix(API)}{body}".replace("|", "\\|")


def _text(body: object) -> str:
    return body.decode() if isinstance(body, bytes) else json.dumps(body)
