"""Media nodes."""

from tests.contract.rest_statuses.case import API, EMPTY, ERROR, JSON, NOTHING, Case
from tests.unit.rest.harness import Rest

NODES = f"{API}/media-nodes"
NODE = f"{NODES}/media_local"
ANY_NODE = f"{NODES}/{{node_id}}"


async def remove_node(rest: Rest):
    assert (await rest.delete("/media-nodes/media_local?deletion-strategy=now")).status == 200


async def drain_node(rest: Rest):
    assert (await rest.delete("/media-nodes/media_local?deletion-strategy=when-no-sessions")).status == 202


CASES = [
    Case("GET", NODE, NOTHING, 200, JSON),
    Case("GET", f"{NODE}?sessions=true&recordings=true&extra-info=true", NOTHING, 200, JSON),
    Case("GET", f"{NODE}?sessions=1", NOTHING, 400, ERROR),
    Case("GET", f"{NODES}/unknown", NOTHING, 404, EMPTY),
    Case("GET", NODES, NOTHING, 200, JSON),
    Case("GET", f"{NODES}?extra-info=x", NOTHING, 400, ERROR),
    Case("POST", NODES, {}, 501, ERROR),
    Case("POST", NODES, {"uri": 1}, 400, ERROR),
    Case("POST", NODES, {"uri": "kurento"}, 400, ERROR),
    Case("POST", NODES, {"uri": "ws://10.0.0.9:8888/kurento", "environmentId": "a/b"}, 400, ERROR),
    Case("POST", NODES, {"uri": "ws://10.0.0.9:8888/kurento", "volumeSize": "big"}, 400, ERROR),
    Case("POST", f"{NODES}?wait=maybe", {"uri": "ws://10.0.0.9:8888/kurento"}, 400, ERROR),
    Case("POST", NODES, {"uri": "ws://10.0.0.9:8888/kurento"}, 404, ERROR),
    Case("POST", NODES, {"uri": "ovrouter://127.0.0.1"}, 409, EMPTY),
    Case("POST", f"{NODES}?wait=true", {"uri": "ovrouter://127.0.0.1"}, 200, JSON, remove_node),
    Case("PUT", NODES, NOTHING, 200, JSON),
    Case("PUT", NODES, NOTHING, 200, JSON, remove_node),
    Case("PATCH", NODE, {"status": "waiting-idle-to-terminate"}, 200, JSON),
    Case("PATCH", NODE, {"status": "terminating"}, 200, JSON),
    Case("PATCH", NODE, {"status": "running"}, 200, JSON, drain_node),
    Case("PATCH", NODE, {"status": "running"}, 204, EMPTY),
    Case("PATCH", NODE, {"status": "waiting-idle-to-terminate"}, 204, EMPTY, drain_node),
    Case("PATCH", NODE, {"status": "launching"}, 400, ERROR),
    Case("PATCH", NODE, {"status": "terminated"}, 400, ERROR),
    Case("PATCH", NODE, {"status": 1}, 400, ERROR),
    Case("PATCH", NODE, {}, 400, ERROR),
    Case("PATCH", f"{NODES}/unknown", {"status": 1}, 404, EMPTY),
    Case("DELETE", f"{NODE}?deletion-strategy=now", NOTHING, 200, EMPTY),
    Case("DELETE", f"{NODE}?deletion-strategy=now&wait=true", NOTHING, 204, EMPTY),
    Case("DELETE", f"{NODE}?deletion-strategy=when-no-sessions", NOTHING, 202, EMPTY),
    Case("DELETE", NODE, NOTHING, 409, EMPTY),
    Case("DELETE", f"{NODE}?deletion-strategy=later", NOTHING, 400, ERROR),
    Case("DELETE", f"{NODES}/unknown", NOTHING, 404, EMPTY),
]

REASONS = {
    ("POST", NODES, 405): "there is no Enterprise HA cluster",
    ("PUT", NODES, 405): "there is no Enterprise HA cluster",
    ("PATCH", ANY_NODE, 405): "there is no Enterprise HA cluster",
    ("DELETE", ANY_NODE, 405): "there is no Enterprise HA cluster",
    ("POST", NODES, 502): "no machine is launched: the document excludes it for deployments on premises",
    ("DELETE", ANY_NODE, 502): "no machine is terminated: the document excludes it for deployments on premises",
}
