import pytest
import trio
import trio.testing

from ovrouter.errors import NoMediaNode
from ovrouter.events import EndReason, MediaNodeStatusChanged, ParticipantEvicted
from ovrouter.medianode import NodeDescription, NodeLoad
from tests.unit.rest.harness import API, NOW_MS

NODES = f"{API}/media-nodes"
NODE = "/media-nodes/media_local"
PLAIN = {
    "id": "media_local",
    "object": "mediaNode",
    "environmentId": "local",
    "ip": "127.0.0.1",
    "uri": "ovrouter://127.0.0.1",
    "launchingTime": NOW_MS,
    "connected": True,
    "connectionTime": NOW_MS,
    "load": 12.35,
    "status": "running",
}


@pytest.fixture
def busy_node(rest, monkeypatch):
    async def load():
        return NodeLoad(cpu_percent=12.3456, links=0)

    monkeypatch.setattr(rest.media, "load", load)


def statuses(rest):
    return [event.new_status for event in rest.events if isinstance(event, MediaNodeStatusChanged)]


async def test_documented_members_in_order(rest, busy_node):
    found = (await rest.get(NODE)).json
    assert list(found.items()) == list(PLAIN.items())
    assert (await rest.get("/media-nodes")).json == {"numberOfElements": 1, "content": [PLAIN]}


async def test_details_are_told_when_asked_for(rest, busy_node, monkeypatch):
    async def describe():
        return NodeDescription(ip="127.0.0.1", version="1.2.3", memory_bytes=3 * 2**20)

    monkeypatch.setattr(rest.media, "describe", describe)
    rest.join(await rest.session("A"))
    rest.registry.get("A").is_broadcast = True
    assert (await rest.post("/recordings/start", {"session": "A"})).status == 200
    await rest.session("never-joined")
    found = (await rest.get(f"{NODE}?sessions=true&recordings=true&extra-info=true")).json
    assert list(found) == [*PLAIN, "sessions", "recordingIds", "broadcasts", "kurentoInfo"]
    assert [session["id"] for session in found["sessions"]] == ["A"]
    assert found["sessions"][0]["mediaNodeId"] == "media_local"
    assert found["kurentoInfo"] == {"memory": 3.0, "version": "1.2.3", "capabilities": "", "modules": []}
    assert (found["recordingIds"], found["broadcasts"]) == (["A"], ["A"])


async def test_a_node_that_does_not_answer_is_shown_disconnected(rest):
    rest.media.fail_next("load", NoMediaNode("gone"))
    found = (await rest.get(f"{NODE}?extra-info=true")).json
    assert (found["connected"], found["load"], found["disconnectionTime"]) == (False, 0, NOW_MS)
    assert "kurentoInfo" not in found
    assert "disconnectionTime" not in (await rest.get(NODE)).json


async def test_removing_the_node_now_closes_its_sessions(rest):
    session = await rest.session("A")
    await rest.session("never-joined")
    rest.join(session)
    rest.events.clear()
    assert (await rest.delete(f"{NODE}?deletion-strategy=now&wait=true")).status == 204
    assert statuses(rest) == ["terminating", "terminated"]
    evicted = [event for event in rest.events if isinstance(event, ParticipantEvicted)]
    assert [event.reason for event in evicted] == [EndReason.SESSION_CLOSED_BY_SERVER]
    assert [session.id for session in rest.registry.sessions()] == ["never-joined"]
    assert (await rest.get("/media-nodes")).json["content"] == []
    assert (await rest.get("/health")).status == 503


async def test_a_busy_node_is_kept_unless_asked_otherwise(rest):
    rest.join(await rest.session("A"))
    assert (await rest.delete(NODE)).status == 409
    assert (await rest.get(NODE)).json["status"] == "running"


async def test_a_node_removed_when_idle_goes_with_its_last_session(rest):
    rest.join(await rest.session("A"))
    assert (await rest.delete(f"{NODE}?deletion-strategy=when-no-sessions")).status == 202
    assert (await rest.delete(f"{NODE}?deletion-strategy=when-no-sessions")).status == 202
    assert (await rest.get(NODE)).json["status"] == "waiting-idle-to-terminate"
    assert (await rest.delete("/sessions/A")).status == 204
    assert (await rest.get(NODE)).status == 404


async def test_terminating_by_patch_closes_the_sessions_too(rest):
    rest.join(await rest.session("A"))
    answer = await rest.patch(NODE, {"status": "terminating"})
    assert (answer.status, answer.json["status"]) == (200, "terminated")
    assert rest.registry.sessions() == ()


async def test_a_removed_node_is_discovered_again(rest):
    await rest.delete(NODE)
    found = (await rest.ask("PUT", NODES)).json
    assert [node["id"] for node in found["content"]] == ["media_local"]
    assert (await rest.ask("PUT", NODES)).json == {"numberOfElements": 0, "content": []}


async def test_a_removed_node_is_added_again_by_its_uri(rest):
    await rest.delete(NODE)
    body = {"uri": "ovrouter://127.0.0.1", "environmentId": "mine", "instanceType": "c5.2xlarge", "volumeSize": 200}
    answer = await rest.post("/media-nodes?wait=true", body)
    assert (answer.status, answer.json["id"], answer.json["status"]) == (200, "media_mine", "running")


async def test_two_removals_at_once_end_in_one(rest):
    await rest.publisher(await rest.session("A"))
    answers = []

    async def remove():
        answers.append((await rest.delete(f"{NODE}?deletion-strategy=now")).status)

    async with trio.open_nursery() as nursery:
        with rest.media.hold("close_link") as hold:
            nursery.start_soon(remove)
            await hold.wait_arrival()
            nursery.start_soon(remove)
            await trio.testing.wait_all_tasks_blocked()
    assert set(answers) <= {200, 404}
    assert statuses(rest).count("terminated") == 1
