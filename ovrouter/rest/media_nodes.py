"""``/openvidu/api/media-nodes`` (warm)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from quart import Blueprint, Response

from ovrouter.errors import SessionNotFound
from ovrouter.events import EndReason
from ovrouter.rest.backend import backend
from ovrouter.rest.node_load import node_load
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body, read_query
from ovrouter.rest.responses import collection, empty, json_error, json_response
from ovrouter.rest.schema import (
    ErrorAnswer,
    MediaNodeAnswer,
    MediaNodesAnswer,
    NodeAddition,
    NodeBody,
    NodeChange,
    NodeDeletion,
    NodeDetails,
)
from ovrouter.session import Node, NodeStatus, session_json

__all__ = ["media_nodes"]

media_nodes = Blueprint("media_nodes", __name__, url_prefix="/openvidu/api/media-nodes")

_PLAIN = NodeDetails()


@media_nodes.get("/<node_id>")
@operation({200: ("it exists", MediaNodeAnswer), 404: ("there is no such media node", None)}, query=NodeDetails)
async def get(node_id: str) -> Response:
    """Return one media node."""
    details = read_query(NodeDetails)
    return json_response(await _node_json(backend().registry.nodes.get(node_id), details))


@media_nodes.get("")
@operation({200: ("always", MediaNodesAnswer)}, query=NodeDetails)
async def get_all() -> Response:
    """Return every media node of the cluster."""
    details = read_query(NodeDetails)
    return json_response(collection([await _node_json(node, details) for node in backend().registry.nodes.all()]))


@media_nodes.post("")
@operation(
    {
        200: ("it is in the cluster", MediaNodeAnswer),
        404: ("no media node can be reached at uri", ErrorAnswer),
        409: ("the media node at uri is in the cluster already", None),
        501: ("uri is missing: no machine is launched for a media node", ErrorAnswer),
    },
    body=NodeBody,
    query=NodeAddition,
)
async def add() -> Response:
    """Put a media node into the cluster; it runs before the answer, so there is nothing to ``wait`` for."""
    read_query(NodeAddition)
    body = await read_body(NodeBody)
    if body.uri is None:
        return json_error(501, "Parameter 'uri' is missing: this server launches no machine for a Media Node")
    return json_response(await _node_json(backend().registry.nodes.add(body.uri, body.environment_id)))


@media_nodes.put("")
@operation({200: ("always", MediaNodesAnswer)})
async def discover() -> Response:
    """Put every media node into the cluster that can be reached and is not in it."""
    found = backend().registry.nodes.discover()
    return json_response(collection([await _node_json(node) for node in found]))


@media_nodes.patch("/<node_id>")
@operation(
    {
        200: ("it has the status", MediaNodeAnswer),
        204: ("it had the status already", None),
        400: ("status is wrong, or cannot be reached from the present one", ErrorAnswer),
        404: ("there is no such media node", None),
    },
    body=NodeChange,
)
async def change(node_id: str) -> Response:
    """Take a media node to another status; terminating ends its Sessions."""
    node = backend().registry.nodes.get(node_id)
    status = NodeStatus((await read_body(NodeChange)).status)
    if status is node.status:
        return empty(204)
    backend().registry.nodes.change(node, status)
    await _end_sessions_of_terminating(node)
    return json_response(await _node_json(node))


@media_nodes.delete("/<node_id>")
@operation(
    {
        200: ("it is being taken out", None),
        202: ("it is busy and is taken out when it no longer is (when-no-sessions)", None),
        204: ("it is taken out (wait=true)", None),
        404: ("there is no such media node", None),
        409: ("it is busy (if-no-sessions)", None),
    },
    query=NodeDeletion,
)
async def remove(node_id: str) -> Response:
    """Take a media node out of the cluster: now, if it is idle, or when it is."""
    nodes = backend().registry.nodes
    node = nodes.get(node_id)
    query = read_query(NodeDeletion)
    if node.session_ids and query.strategy == "if-no-sessions":
        return empty(409)
    if node.session_ids and query.strategy == "when-no-sessions":
        if node.status is NodeStatus.RUNNING:
            nodes.change(node, NodeStatus.WAITING_IDLE_TO_TERMINATE)
        return empty(202)
    if node.status is not NodeStatus.TERMINATING:
        nodes.change(node, NodeStatus.TERMINATING)
    await _end_sessions_of_terminating(node)
    return empty(204 if query.wait else 200)


async def _end_sessions_of_terminating(node: Node) -> None:
    if node.status is not NodeStatus.TERMINATING:
        return
    for session_id in tuple(node.session_ids):
        with suppress(SessionNotFound):  # it may end while another is being closed
            await backend().registry.close(session_id, EndReason.SESSION_CLOSED_BY_SERVER)


async def _node_json(node: Node, details: NodeDetails = _PLAIN) -> dict[str, Any]:
    load = await node_load(node)
    return {
        "id": node.id,
        "object": "mediaNode",
        "environmentId": node.identity.environment_id,
        "ip": node.identity.ip,
        "uri": node.identity.uri,
        "launchingTime": node.launched_at_ms,
        "connected": load is not None,
        "connectionTime": node.connected_at_ms,
        **({} if node.disconnected_at_ms is None else {"disconnectionTime": node.disconnected_at_ms}),
        "load": 0.0 if load is None else round(load.cpu_percent, 2),
        "status": node.status.value,
        **(_sessions_json(node) if details.sessions else {}),
        **(_recordings_json(node) if details.recordings else {}),
        **(await _extra_json(node) if details.extra_info and load is not None else {}),
    }


def _sessions_json(node: Node) -> dict[str, Any]:
    registry = backend().registry
    return {"sessions": [session_json(registry.get(session_id)) for session_id in sorted(node.session_ids)]}


def _recordings_json(node: Node) -> dict[str, Any]:
    registry, recordings, session_ids = backend().registry, backend().recordings, sorted(node.session_ids)
    return {
        "recordingIds": [active.id for session_id in session_ids for active in recordings.active_in(session_id)],
        "broadcasts": [session_id for session_id in session_ids if registry.get(session_id).is_broadcast],
    }


async def _extra_json(node: Node) -> dict[str, Any]:
    """Under the documented name; the members of a Kurento that this node cannot have are empty."""
    description = await node.media.describe()
    info = {"memory": description.memory_bytes / 2**20, "version": description.version, "capabilities": ""}
    return {"kurentoInfo": info | {"modules": []}}
