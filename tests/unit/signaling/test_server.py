import gc
import weakref

import pytest
import trio

from ovrouter.events import EndReason
from ovrouter.session import SessionProperties
from ovrouter.signaling.rpc_session import RpcSession
from ovrouter.signaling.socket import Socket
from tests.unit.signaling.harness import PUBLISH, open_world, settle


def alive(cls):
    gc.collect()
    return sum(isinstance(thing, cls) for thing in gc.get_objects())


async def test_nothing_grows(autojump_clock):
    async with open_world() as world:
        resident = await world.join()
        tasks, sockets, rpc_sessions = len(world.app_nursery.child_tasks), alive(Socket), alive(RpcSession)
        for number in range(1020):
            page = await world.join()
            if number % 3 == 0:
                await page.call("leaveRoom")
            elif number % 3 == 1:
                back = await world.open()
                await back.call("connect", {"sessionId": page.rpc_session_id})
                back.drop()
            page.drop()
            if number % 20 == 19:
                await resident.call("ping")
                await trio.sleep(11)
        del page, back
        assert len(world.app_nursery.child_tasks) == tasks
        assert len(world.signaling.rpc_sessions) == 1
        assert (alive(Socket), alive(RpcSession)) == (sockets, rpc_sessions)
        assert len(world.session.connections) == 1


async def test_close_all_after_everybody_was_evicted(autojump_clock):
    async with open_world() as world:
        pages = [await world.join() for _ in range(3)]
        idle = await world.open()
        for page in pages:
            page.take()
        await world.registry.close_all(EndReason.OPENVIDU_SERVER_STOPPED)
        await world.signaling.close_all()
        for page in [*pages, idle]:
            await page.ended.wait()
            assert page.closed == (1001, "Server stopped")
        for page in pages:
            evicted = {"connectionId": page.id, "name": page.id, "reason": "openviduServerStopped"}
            assert page.take()[-1] == {"method": "participantEvicted", "params": evicted, "jsonrpc": "2.0"}
        assert not world.app_nursery.child_tasks


async def test_close_all_does_not_wait_for_a_client_that_reads_no_more(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        page.freeze()
        page.send("ping")
        await settle()
        start = trio.current_time()
        await world.signaling.close_all()
        assert page.ended.is_set()
        assert trio.current_time() - start == pytest.approx(0.3)


async def test_close_all_without_sockets_returns_at_once(autojump_clock):
    async with open_world() as world:
        start = trio.current_time()
        await world.signaling.close_all()
        assert trio.current_time() == start


async def test_a_closed_session_lets_go_of_its_clients(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        await page.publish()
        await world.registry.close(world.session.id, EndReason.SESSION_CLOSED_BY_SERVER)
        await settle()
        evicted = {"connectionId": page.id, "name": page.id, "reason": "sessionClosedByServer"}
        assert page.take() == [{"method": "participantEvicted", "params": evicted, "jsonrpc": "2.0"}]
        session = weakref.ref(world.session)
        world.session = world.registry.create(SessionProperties())
        page.drop()
        await page.ended.wait()
        await settle()
        gc.collect()
        assert session() is None


async def test_the_next_session_of_the_same_name_is_another_one(autojump_clock):
    async with open_world() as world:
        world.session = world.registry.create(SessionProperties(custom_session_id="lesson"))
        before = await world.join()
        await world.registry.close("lesson", EndReason.SESSION_CLOSED_BY_SERVER)
        world.now_ms += 1
        world.session = world.registry.create(SessionProperties(custom_session_id="lesson"))
        after = await world.join()
        before.take()
        await after.publish()
        await trio.sleep(11)
        assert before.take() == []
        assert await after.result("echo") == {"sessionId": after.rpc_session_id}


async def test_a_subscriber_is_told_to_reconnect(autojump_clock):
    async with open_world() as world:
        publisher, subscriber = await world.join(), await world.join()
        stream_id = await publisher.publish()
        await subscriber.call("receiveVideoFrom", {"sender": stream_id, "sdpOffer": "v=0"})
        link_id = f"{subscriber.id}_{stream_id}"
        await world.session.renegotiate(link_id)
        await settle()
        assert subscriber.take() == [
            {
                "method": "forciblyReconnectSubscriber",
                "params": {"connectionId": publisher.id, "streamId": stream_id, "sdpOffer": f"offer {link_id}"},
                "jsonrpc": "2.0",
            }
        ]
        answer = {"stream": stream_id, "sdpString": "v=0 answer", "forciblyReconnect": True}
        assert await subscriber.result("reconnectStream", answer) == {"sessionId": subscriber.rpc_session_id}
        assert [command.link_id for command in world.media.accepted] == [link_id]


async def test_leaving_races_with_publishing(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        await world.join()
        page.take()
        with world.media.hold("open_uplink") as hold:
            request_id = page.send("publishVideo", PUBLISH)
            await settle()
            await world.session.evict(page.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
            hold.release()
            await settle()
        evicted, answer = page.take()
        assert evicted["method"] == "participantEvicted"
        assert (answer["id"], answer["error"]["code"]) == (request_id, 102)
        assert world.media.open_links == set()


async def test_the_address_that_a_local_proxy_tells_becomes_that_of_the_connection(autojump_clock):
    async with open_world() as world:
        page = await world.open(peer="127.0.0.1", headers=((b"x-real-ip", b"203.0.113.9"),))
        await page.join(world.session, world.connection().token)
        assert world.session.connections[page.id].ip == "203.0.113.9"
