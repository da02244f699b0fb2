"""The media nodes of the cluster: which there are, in what status, and which takes a Session. Cold.

This release has one media node, inside the router. It is launched with the router; an operator may drain it, take it
out of the cluster and bring it back, as with any node of an on-premises deployment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from ovrouter.errors import NodeExists, NodeNotFound, NodeStatusUnreachable, NodeUnreachable, NoMediaNode
from ovrouter.events import Emit, MediaNodeStatusChanged
from ovrouter.medianode import MediaNode

__all__ = ["Node", "NodeIdentity", "NodeStatus", "Nodes"]


class NodeStatus(Enum):
    """Where a media node is in its life; the values are those on the wire."""

    LAUNCHING = "launching"
    CANCELED = "canceled"
    RUNNING = "running"
    WAITING_IDLE_TO_TERMINATE = "waiting-idle-to-terminate"
    TERMINATING = "terminating"
    TERMINATED = "terminated"


_REACHABLE: dict[NodeStatus, frozenset[NodeStatus]] = {
    NodeStatus.LAUNCHING: frozenset({NodeStatus.CANCELED}),
    NodeStatus.CANCELED: frozenset({NodeStatus.LAUNCHING}),
    NodeStatus.RUNNING: frozenset({NodeStatus.WAITING_IDLE_TO_TERMINATE, NodeStatus.TERMINATING}),
    NodeStatus.WAITING_IDLE_TO_TERMINATE: frozenset({NodeStatus.RUNNING, NodeStatus.TERMINATING}),
}
"""What an operator may ask for, by the present status; all other steps a node takes by itself."""


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """What a media node is called and where it is."""

    environment_id: str = "local"
    """Tells it apart where it runs: a name of the operator's, or one that is kept on disk."""
    ip: str = "127.0.0.1"

    @property
    def id(self) -> str:
        """What REST calls it."""
        return f"media_{self.environment_id}"

    @property
    def uri(self) -> str:
        """``ovrouter://ip``: the node is a part of the router; nothing is dialled."""
        return f"ovrouter://[{self.ip}]" if ":" in self.ip else f"ovrouter://{self.ip}"


@dataclass(slots=True, eq=False)
class Node:
    """One media node of the cluster."""

    identity: NodeIdentity
    media: MediaNode
    launched_at_ms: int
    connected_at_ms: int
    status: NodeStatus = NodeStatus.LAUNCHING
    disconnected_at_ms: int | None = None
    """Since when it does not answer; None while it does."""
    session_ids: set[str] = field(default_factory=set)
    """The Sessions it hosts."""

    @property
    def id(self) -> str:
        """What REST calls it."""
        return self.identity.id

    def note_answer(self, now_ms: int) -> None:
        """It answered at *now_ms*."""
        if self.disconnected_at_ms is not None:
            self.connected_at_ms, self.disconnected_at_ms = now_ms, None

    def note_silence(self, now_ms: int) -> None:
        """It did not answer at *now_ms*."""
        if self.disconnected_at_ms is None:
            self.disconnected_at_ms = now_ms


class Nodes:
    """The cluster. *local* and *media* are the router's own media node; :meth:`discover` puts it in."""

    def __init__(
        self, local: NodeIdentity, media: MediaNode, *, cluster_id: str, emit: Emit, now_ms: Callable[[], int]
    ) -> None:
        self._local = local
        self._media = media
        self._cluster_id = cluster_id
        self._emit = emit
        self._now_ms = now_ms
        self._nodes: dict[str, Node] = {}

    def all(self) -> tuple[Node, ...]:
        """Every node of the cluster, oldest first."""
        return tuple(self._nodes.values())

    def get(self, node_id: str) -> Node:
        """Raises NodeNotFound."""
        try:
            return self._nodes[node_id]
        except KeyError:
            raise NodeNotFound(f"Media Node {node_id} cannot be found") from None

    def discover(self) -> tuple[Node, ...]:
        """Put in what can be reached and is not in the cluster; returns the new nodes."""
        return () if self._nodes else (self._launch(self._local),)

    def add(self, uri: str, environment_id: str | None) -> Node:
        """Put in the node at *uri*, under a name of the operator's. Raises NodeExists, NodeUnreachable."""
        if any(node.identity.uri == uri for node in self.all()):
            raise NodeExists(f"The Media Node at {uri} belongs to the cluster already")
        if uri != self._local.uri:
            raise NodeUnreachable(
                f"No Media Node can be reached at {uri}: this server routes media itself, at {self._local.uri}, "
                "and connects to no other machine"
            )
        return self._launch(NodeIdentity(environment_id or self._local.environment_id, self._local.ip))

    def place(self, session_id: str) -> Node:
        """Choose the node that hosts a Session until :meth:`release`. Raises NoMediaNode."""
        for node in self.all():
            if node.status is NodeStatus.RUNNING:
                node.session_ids.add(session_id)
                return node
        raise NoMediaNode("No Media Node is running that could take the session")

    def release(self, session_id: str) -> None:
        """The Session has ended; a node that only waited for that ends too."""
        for node in self.all():
            if session_id in node.session_ids:
                node.session_ids.remove(session_id)
                self._end_if_idle(node)

    def change(self, node: Node, status: NodeStatus) -> None:
        """Take *node* to *status*. Raises NodeStatusUnreachable.

        A terminating node is gone as soon as it hosts no Session: closing them is the caller's.
        """
        if status not in _REACHABLE.get(node.status, ()):
            raise NodeStatusUnreachable(
                f"Parameter 'status' is wrong: Media Node {node.id} is '{node.status.value}' "
                f"and cannot be made '{status.value}'"
            )
        self._set(node, status)
        self._end_if_idle(node)

    def _launch(self, identity: NodeIdentity) -> Node:
        now_ms = self._now_ms()
        node = self._nodes[identity.id] = Node(identity, self._media, now_ms, now_ms)
        self._announce(node, None)
        self._set(node, NodeStatus.RUNNING)
        return node

    def _end_if_idle(self, node: Node) -> None:
        if node.status is NodeStatus.WAITING_IDLE_TO_TERMINATE and not node.session_ids:
            self._set(node, NodeStatus.TERMINATING)
        if node.status is NodeStatus.TERMINATING and not node.session_ids:
            del self._nodes[node.id]
            self._set(node, NodeStatus.TERMINATED)

    def _set(self, node: Node, status: NodeStatus) -> None:
        old, node.status = node.status, status
        self._announce(node, old)

    def _announce(self, node: Node, old: NodeStatus | None) -> None:
        self._emit(
            MediaNodeStatusChanged(
                timestamp_ms=self._now_ms(),
                cluster_id=self._cluster_id,
                node_id=node.id,
                environment_id=node.identity.environment_id,
                ip=node.identity.ip,
                uri=node.identity.uri,
                new_status=node.status.value,
                old_status=old.value if old else None,
            )
        )
