"""Configuration, health, restart, and what belongs to no resource."""

from ovrouter.errors import NoMediaNode
from tests.contract.rest_statuses.case import API, EMPTY, ERROR, JSON, NOTHING, TEXT, Case
from tests.unit.rest.harness import Rest

RESTART = f"{API}/restart"


async def lose_one_of_two_nodes(rest: Rest):
    rest.second_node().fail_next("load", NoMediaNode("gone"))


async def lose_the_node(rest: Rest):
    rest.media.fail_next("load", NoMediaNode("gone"))


CASES = [
    Case("POST", RESTART, {}, 200, EMPTY),
    Case("POST", RESTART, {"OPENVIDU_CDR": False}, 200, EMPTY),
    Case("POST", RESTART, {"OPENVIDU_CDR": "maybe"}, 400, ERROR),
    Case("POST", RESTART, {"DOMAIN_OR_PUBLIC_IP": "elsewhere"}, 400, ERROR),
    Case("GET", RESTART, NOTHING, 405, EMPTY),
    Case("GET", f"{API}/config", NOTHING, 200, JSON),
    Case("HEAD", f"{API}/config/openvidu-publicurl", NOTHING, 200, None),
    Case("POST", f"{API}/config", {}, 405, EMPTY),
    Case("GET", f"{API}/config/openvidu-version", NOTHING, 200, TEXT),
    Case("GET", f"{API}/config/openvidu-publicurl", NOTHING, 200, TEXT),
    Case("GET", f"{API}/config/openvidu-recording", NOTHING, 200, JSON),
    Case("GET", f"{API}/config/openvidu-recording-path", NOTHING, 200, TEXT),
    Case("GET", f"{API}/config/openvidu-cdr", NOTHING, 200, JSON),
    Case("GET", f"{API}/health", NOTHING, 200, JSON),
    Case("GET", f"{API}/health", NOTHING, 409, JSON, lose_one_of_two_nodes),
    Case("GET", f"{API}/health", NOTHING, 503, JSON, lose_the_node),
    Case("GET", "/openvidu/cdr", NOTHING, 200, JSON),
    Case("GET", "/openvidu/cdr/unknown", NOTHING, 404, EMPTY),
    Case("GET", "/ovrouter/api/openapi.json", NOTHING, 200, JSON),
    Case("GET", "/ovrouter/api/sessions/used/quality", NOTHING, 200, JSON),
    Case("GET", "/ovrouter/api/sessions/used/quality?seconds=0", NOTHING, 400, ERROR),
    Case("GET", "/ovrouter/api/sessions/unknown/quality", NOTHING, 404, EMPTY),
    Case("GET", "/ovrouter/metrics", NOTHING, 200, None),
    Case("GET", "/ovrouter/api/call", NOTHING, 200, JSON),
    Case("POST", "/ovrouter/api/call", {"session": "used", "name": "A"}, 200, JSON),
    Case("POST", "/ovrouter/api/call", {}, 400, ERROR),
    Case("GET", f"{API}/unknown", NOTHING, 404, EMPTY),
    Case("GET", "/openvidu/accept-certificate", NOTHING, 200, None),
    Case("GET", "/dashboard", NOTHING, 302, None),
]

REASONS = {
    ("POST", RESTART, 500): "proved by tests/unit/rest/test_restart.py",
    ("POST", "/ovrouter/api/call", 429): "proved by tests/unit/rest/test_call.py",
    ("GET", "/openvidu/cdr/{name}", 200): "proved by tests/unit/rest/test_cdr.py",
}
