import pytest

from ovrouter.rest.auth import OPEN_ENDPOINTS
from ovrouter.rest.openapi import documented_path, openapi_document
from ovrouter.rest.operation import operation_of
from tests.unit.rest.harness import Rest

DOCUMENT = "/ovrouter/api/openapi.json"
UNDECLARED = {"certificate.accept"}
"""Pages."""


@pytest.fixture
def document(rest):
    return openapi_document(rest.app)


def rules(rest):
    return [rule for rule in rest.app.url_map.iter_rules() if rule.rule.startswith(("/openvidu", "/ovrouter"))]


async def test_it_is_served_to_anybody(rest, document):
    answer = await rest.ask("GET", DOCUMENT, authorization=None)
    assert (answer.status, answer.json) == (200, document)


def test_every_handler_declares_itself(rest):
    missing = {
        rule.endpoint for rule in rules(rest) if operation_of(rest.app.view_functions[rule.endpoint]) is None
    } - UNDECLARED
    assert missing == set(), "decorate them with ovrouter.rest.operation.operation"


def test_all_but_the_open_ones_need_the_secret(rest, document):
    for rule in rules(rest):
        if rule.endpoint not in UNDECLARED:
            path = documented_path(rule)
            (method,) = rule.methods - {"HEAD", "OPTIONS"}
            described = document["paths"][path][method.lower()]
            assert ("401" in described["responses"]) is (rule.endpoint not in OPEN_ENDPOINTS)
            assert ("security" in described) is (rule.endpoint in OPEN_ENDPOINTS)


async def test_strangers_are_refused_wherever_that_is_declared(rest, document):
    refusals = 0
    for path, operations in document["paths"].items():
        for method, described in operations.items():
            if "401" in described["responses"]:
                for authorization in (None, "Basic eDp5"):
                    answer = await rest.ask(method.upper(), path, authorization=authorization)
                    assert answer.status == 401, path
                    refusals += 1
    assert refusals > 40


def test_bodies_are_required_when_a_member_is(document):
    def is_required(path):
        return document["paths"][path]["post"]["requestBody"]["required"]

    assert is_required("/openvidu/api/signal") is True
    assert is_required("/openvidu/api/sessions") is False
    assert is_required("/openvidu/api/sessions/{session_id}/connection") is False


def test_parameters_have_type_and_default(document):
    described = document["paths"]["/openvidu/api/media-nodes/{node_id}"]["delete"]
    assert [(each["name"], each["in"], each["schema"].get("default")) for each in described["parameters"]] == [
        ("node_id", "path", None),
        ("wait", "query", False),
        ("deletion-strategy", "query", "if-no-sessions"),
    ]


def test_patterns_are_those_of_every_language(document):
    schemas = document["components"]["schemas"]
    assert schemas["NodeBody"]["properties"]["environmentId"]["anyOf"][0]["pattern"] == "^[a-zA-Z0-9_-]{1,200}$"


def test_two_applications_are_described_alike(document):
    assert openapi_document(Rest().app) == document
