"""``/openvidu/api/health`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.rest.backend import backend
from ovrouter.rest.node_load import node_load
from ovrouter.rest.operation import operation
from ovrouter.rest.responses import json_response
from ovrouter.rest.schema import HealthAnswer

__all__ = ["health"]

health = Blueprint("health", __name__, url_prefix="/openvidu/api/health")

_STATUS = {"UP": 200, "UNSTABLE": 409, "DOWN": 503}


@health.get("")
@operation(
    {
        200: ("every media node answers", HealthAnswer),
        409: ("some do not", HealthAnswer),
        503: ("none does, or there is none", HealthAnswer),
    }
)
async def get() -> Response:
    """Tell whether media can be routed: by every media node, by some, by none."""
    nodes = backend().registry.nodes.all()
    disconnected = [node.id for node in nodes if await node_load(node) is None]
    status = _status(len(nodes), len(disconnected))
    return json_response({"status": status, "disconnectedMediaNodes": disconnected}, status=_STATUS[status])


def _status(nodes: int, disconnected: int) -> str:
    if nodes == disconnected:
        return "DOWN"
    return "UNSTABLE" if disconnected else "UP"
