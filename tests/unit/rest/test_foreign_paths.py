"""Whatever stands where a path has an id, nothing outside the served folders comes out, and nobody is let in."""

import re

import pytest

from ovrouter.rest.auth import OPEN_ENDPOINTS
from tests.unit.rest.harness import Rest

CANARY = "kept-from-everybody"
ESCAPES = [
    "../canary",
    "..%2fcanary",
    "%2e%2e/canary",
    "..%252fcanary",
    "..\\canary",
    "..%5ccanary",
    "%00",
    "%2f{canary}",
]
ESCAPES += ["../../canary", "..%2f..%2fcanary", "x/../../canary", "{canary}", ".", "..", "%ff", "~", "a" * 5000]
METHODS = {"GET", "POST", "PATCH", "PUT", "DELETE"}


@pytest.fixture
def canary(tmp_path):
    """A file beside every folder that is served."""
    path = tmp_path / "canary"
    path.write_text(CANARY)
    return path


@pytest.fixture
async def rest(tmp_path, canary, nursery):
    folders = {name: tmp_path / name for name in ("cdr", "recordings", "layouts")}
    for folder in folders.values():
        folder.mkdir()
    return Rest(
        nursery=nursery,
        openvidu_cdr_path=str(folders["cdr"]),
        openvidu_recording=True,
        openvidu_recording_path=str(folders["recordings"]),
        openvidu_recording_custom_layout=str(folders["layouts"]),
    )


def rules(rest):
    """(method, rule, endpoint) of all that is served."""
    for rule in rest.app.url_map.iter_rules():
        for method in sorted(rule.methods & METHODS):
            yield method, rule.rule, rule.endpoint


def filled(rule, value):
    """The path of *rule* with *value* for each parameter."""
    return re.sub(r"<[^>]+>", lambda _: value, rule)


async def test_no_parameter_leads_outside(rest, canary):
    tried = 0
    for method, rule, _ in rules(rest):
        if "<" not in rule:
            continue
        for escape in ESCAPES:
            path = filled(rule, escape.format(canary=canary))
            answer = await rest.ask(method, path)
            assert CANARY.encode() not in answer.body, (method, path)
            assert answer.status in {400, 404, 405, 501}, (method, path)
            tried += 1
    assert tried >= 10 * len(ESCAPES)


async def test_every_path_that_is_not_open_needs_the_secret(rest):
    for method, rule, endpoint in rules(rest):
        if endpoint not in OPEN_ENDPOINTS:
            answer = await rest.ask(method, filled(rule, "x"), authorization=None)
            assert answer.status == 401, (method, rule)
