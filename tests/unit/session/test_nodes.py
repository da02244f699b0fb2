import pytest

from ovrouter.errors import NodeExists, NodeNotFound, NodeStatusUnreachable, NodeUnreachable, NoMediaNode
from ovrouter.events import EndReason
from ovrouter.session.nodes import NodeIdentity, Nodes, NodeStatus
from ovrouter.session.view import session_json
from ovrouter.testing.fake_media_node import FakeMediaNode

HERE = NodeIdentity("here", "10.0.0.1")


@pytest.fixture
def events():
    return []


@pytest.fixture
def nodes(events):
    return Nodes(HERE, FakeMediaNode(), cluster_id="clu_1", emit=events.append, now_ms=lambda: 7)


@pytest.fixture
def node(nodes):
    return nodes.discover()[0]


def steps(events):
    return [(event.old_status, event.new_status) for event in events]


def test_a_new_node_is_launched_and_runs(nodes, events):
    (node,) = nodes.discover()
    assert nodes.all() == (node,)
    assert nodes.get("media_here") is node
    assert (node.status, node.launched_at_ms, node.connected_at_ms) == (NodeStatus.RUNNING, 7, 7)
    assert steps(events) == [(None, "launching"), ("launching", "running")]
    assert (events[0].node_id, events[0].uri, events[0].cluster_id) == ("media_here", "ovrouter://10.0.0.1", "clu_1")


def test_a_node_in_the_cluster_is_not_discovered_again(nodes, node, events):
    events.clear()
    assert nodes.discover() == ()
    assert events == []


def test_an_unknown_node(nodes, node):
    with pytest.raises(NodeNotFound, match="media_there"):
        nodes.get("media_there")


def test_ipv6_addresses_are_bracketed_in_the_uri():
    assert NodeIdentity("a", "fe80::1").uri == "ovrouter://[fe80::1]"


@pytest.mark.parametrize("target", [NodeStatus.WAITING_IDLE_TO_TERMINATE, NodeStatus.TERMINATING])
def test_an_idle_node_terminates_at_once(nodes, node, events, target):
    events.clear()
    nodes.change(node, target)
    assert nodes.all() == ()
    assert steps(events)[-1] == ("terminating", "terminated")
    assert steps(events)[0] == ("running", target.value)


def test_a_waiting_node_takes_no_session_and_terminates_after_its_last(nodes, node, events):
    assert nodes.place("A") is node
    assert nodes.place("B") is node
    nodes.change(node, NodeStatus.WAITING_IDLE_TO_TERMINATE)
    with pytest.raises(NoMediaNode):
        nodes.place("C")
    nodes.release("A")
    nodes.release("C")
    assert (nodes.all(), node.status) == ((node,), NodeStatus.WAITING_IDLE_TO_TERMINATE)
    events.clear()
    nodes.release("B")
    assert steps(events) == [("waiting-idle-to-terminate", "terminating"), ("terminating", "terminated")]
    assert nodes.all() == ()


def test_a_waiting_node_can_be_called_back(nodes, node):
    nodes.place("A")
    nodes.change(node, NodeStatus.WAITING_IDLE_TO_TERMINATE)
    nodes.change(node, NodeStatus.RUNNING)
    assert nodes.place("B") is node
    nodes.release("A")
    nodes.release("B")
    assert nodes.all() == (node,)


ASKABLE = [
    NodeStatus.LAUNCHING,
    NodeStatus.CANCELED,
    NodeStatus.RUNNING,
    NodeStatus.WAITING_IDLE_TO_TERMINATE,
    NodeStatus.TERMINATING,
]
DOCUMENTED = {
    (NodeStatus.LAUNCHING, NodeStatus.CANCELED),
    (NodeStatus.CANCELED, NodeStatus.LAUNCHING),
    (NodeStatus.RUNNING, NodeStatus.WAITING_IDLE_TO_TERMINATE),
    (NodeStatus.RUNNING, NodeStatus.TERMINATING),
    (NodeStatus.WAITING_IDLE_TO_TERMINATE, NodeStatus.RUNNING),
    (NodeStatus.WAITING_IDLE_TO_TERMINATE, NodeStatus.TERMINATING),
}


@pytest.mark.parametrize("old", NodeStatus)
@pytest.mark.parametrize("new", ASKABLE)
def test_only_documented_steps_can_be_asked_for(nodes, node, events, old, new):
    nodes.place("A")
    node.status = old
    events.clear()
    if (old, new) in DOCUMENTED:
        nodes.change(node, new)
        assert node.status is new
    else:
        with pytest.raises(NodeStatusUnreachable, match=f"'{old.value}' and cannot be made '{new.value}'"):
            nodes.change(node, new)
        assert (node.status, events) == (old, [])


def test_a_node_that_was_taken_out_can_be_added_under_another_name(nodes, node):
    nodes.change(node, NodeStatus.TERMINATING)
    assert nodes.add("ovrouter://10.0.0.1", "mine").id == "media_mine"
    with pytest.raises(NodeExists):
        nodes.add("ovrouter://10.0.0.1", None)


def test_no_other_node_can_be_added(nodes, node):
    with pytest.raises(NodeUnreachable, match="can be reached at ws://"):
        nodes.add("ws://10.0.0.2:8888/kurento", None)


def test_silence_is_dated_from_its_first_moment(node):
    node.note_answer(8)
    assert (node.connected_at_ms, node.disconnected_at_ms) == (7, None)
    node.note_silence(9)
    node.note_silence(10)
    assert node.disconnected_at_ms == 9
    node.note_answer(11)
    assert (node.connected_at_ms, node.disconnected_at_ms) == (11, None)


async def test_a_session_is_placed_by_its_first_client_and_released_at_its_end(world):
    (node,) = world.registry.nodes.all()
    session = world.session(custom_session_id="A")
    assert "mediaNodeId" not in session_json(session)
    assert node.session_ids == set()
    world.join(session)
    world.join(session)
    assert session_json(session)["mediaNodeId"] == session.media_node_id == "media_local"
    assert node.session_ids == {"A"}
    await session.close(EndReason.SESSION_CLOSED_BY_SERVER)
    assert node.session_ids == set()


def test_without_a_running_node_nobody_joins_and_the_token_stays_good(world):
    session = world.session()
    (node,) = world.registry.nodes.all()
    world.registry.nodes.change(node, NodeStatus.TERMINATING)
    with pytest.raises(NoMediaNode):
        world.join(session)
    assert len(session.pending) == 1
    world.registry.nodes.discover()
    world.join(session)
