import json

import pytest
import trio

from ovrouter import isolate
from ovrouter.events import EndReason
from ovrouter.session import JoinRequest, Role
from ovrouter.signaling.socket import CloseFrame
from tests.unit.signaling.harness import PUBLISH, open_world, settle

RECONNECTION_ERROR = {"code": 40007, "message": "reconnection error"}


def connect_params(page):
    return {"sessionId": page.rpc_session_id, "reconnect": True}


def signal(text):
    return {"message": json.dumps({"to": [], "data": text, "type": "signal:t"})}


def methods(frames):
    return [frame.get("method", frame.get("id")) for frame in frames]


async def left(page):
    """Reasons of the participantLeft that *page* is told."""
    await settle()
    return [frame["params"]["reason"] for frame in page.take() if frame.get("method") == "participantLeft"]


async def test_requests_are_answered_strictly_in_order(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        with world.media.hold("open_uplink") as hold:
            first = page.send("publishVideo", PUBLISH)
            second = page.send("echo", {})
            await settle()
            assert page.take() == []
            hold.release()
            await settle()
        assert methods(page.take()) == [first, second]


async def test_ping_passes_a_request_that_takes_long(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        with world.media.hold("open_uplink"):
            page.send("publishVideo", PUBLISH)
            assert await page.result("ping") == {"value": "pong"}


async def test_one_participant_does_not_wait_for_another(autojump_clock):
    async with open_world() as world:
        slow, quick = await world.join(), await world.join()
        with world.media.hold("open_uplink"):
            slow.send("publishVideo", PUBLISH)
            assert await quick.result("echo") == {"sessionId": quick.rpc_session_id}


async def test_results_carry_the_rpc_session_id(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        assert await page.result("echo") == {"sessionId": page.rpc_session_id}
        assert page.rpc_session_id != world.session.id


async def test_a_lost_client_leaves_after_the_window(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        watcher.take()
        page.drop()
        await trio.sleep(9.9)
        assert await left(watcher) == []
        await trio.sleep(0.2)
        assert await left(watcher) == ["networkDisconnect"]


async def test_a_client_that_closed_by_itself_without_leaving_leaves_after_the_window(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        watcher.take()
        page.drop()
        await trio.sleep(10.1)
        assert await left(watcher) == ["networkDisconnect"]


async def test_notifications_of_the_window_follow_the_answer_of_connect(autojump_clock):
    async with open_world() as world:
        other, page = await world.join(), await world.join()
        page.drop()
        await settle()
        await other.call("sendMessage", signal("1"))
        await other.call("sendMessage", signal("2"))
        back = await world.open()
        request_id = back.send("connect", connect_params(page))
        await settle()
        answer, *told = back.take()
        assert answer == {
            "id": request_id,
            "result": {"value": "reconnection successful", "sessionId": page.rpc_session_id},
            "jsonrpc": "2.0",
        }
        assert [frame["params"]["data"] for frame in told] == ["1", "2"]
        await trio.sleep(11)
        assert page.id in world.session.connections
        assert await back.result("echo") == {"sessionId": page.rpc_session_id}


async def test_a_request_in_hand_survives_the_socket(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        with world.media.hold("open_uplink") as hold:
            request_id = page.send("publishVideo", PUBLISH)
            await settle()
            page.drop()
            await page.ended.wait()
            hold.release()
            await settle()
        back = await world.open()
        back.send("connect", connect_params(page))
        await settle()
        _, answer = back.take()
        assert answer["id"] == request_id
        assert answer["result"]["id"] in world.media.uplinks


async def test_what_a_frozen_socket_did_not_send_moves_to_the_new_one(autojump_clock):
    async with open_world() as world:
        other, page = await world.join(), await world.join()
        page.freeze()
        for text in ("lost in the pipe", "1", "2"):
            await other.call("sendMessage", signal(text))
        back = await world.open()
        back.send("connect", connect_params(page))
        await settle()
        _, *told = back.take()
        assert [frame["params"]["data"] for frame in told] == ["1", "2"]


async def test_the_end_of_the_old_socket_does_not_start_the_window(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        back = await world.open()
        await back.call("connect", connect_params(page))
        await page.ended.wait()
        assert page.closed == (1000, "The client opened a new socket")
        page.drop()
        await trio.sleep(20)
        assert page.id in world.session.connections
        assert not back.ended.is_set()


async def test_reconnect_again_and_again(autojump_clock):
    async with open_world() as world:
        page = first = await world.join()
        for _ in range(5):
            page.drop()
            await trio.sleep(9)
            page = await world.open()
            await page.call("connect", connect_params(first))
        assert await page.result("echo") == {"sessionId": first.rpc_session_id}


async def test_the_watchdog_goes_on_with_the_interval_of_the_socket_before(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        await page.call("ping", {"interval": 5000})
        page.drop()
        back = await world.open()
        await back.call("connect", connect_params(page))
        start = trio.current_time()
        await back.ended.wait()
        assert trio.current_time() - start == pytest.approx(15)


async def test_the_watchdog_of_a_lost_socket_is_off(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        watcher.take()
        await page.call("ping", {"interval": 1000})
        await page.ended.wait()
        await trio.sleep(9.9)
        assert await left(watcher) == []


async def test_too_late(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        page.drop()
        await trio.sleep(10)
        back = await world.open()
        assert (await back.call("connect", connect_params(page)))["error"] == RECONNECTION_ERROR


@pytest.mark.parametrize("rpc_session_id", ["unknown", 7, {}, [], True])
async def test_unknown_rpc_session(autojump_clock, rpc_session_id):
    async with open_world() as world:
        back = await world.open()
        assert (await back.call("connect", {"sessionId": rpc_session_id}))["error"] == RECONNECTION_ERROR


async def test_an_rpc_session_that_never_joined_cannot_be_resumed(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        rpc_session_id = (await page.result("connect", {}))["sessionId"]
        back = await world.open()
        assert (await back.call("connect", {"sessionId": rpc_session_id}))["error"] == RECONNECTION_ERROR


async def test_a_joined_socket_cannot_take_over_another_participant(autojump_clock):
    async with open_world() as world:
        one, two = await world.join(), await world.join()
        assert (await one.call("connect", connect_params(two)))["error"] == RECONNECTION_ERROR
        assert await two.result("echo") == {"sessionId": two.rpc_session_id}


async def test_connect_on_its_own_socket(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        assert await page.result("connect", connect_params(page)) == {
            "value": "reconnection successful",
            "sessionId": page.rpc_session_id,
        }
        assert await page.result("connect") == {"value": "OK", "sessionId": page.rpc_session_id}
        assert await page.result("echo") == {"sessionId": page.rpc_session_id}


async def test_no_return_after_leaving(autojump_clock):
    async with open_world() as world:
        await world.join()
        page = await world.join()
        await page.call("leaveRoom")
        back = await world.open()
        assert (await back.call("connect", connect_params(page)))["error"] == RECONNECTION_ERROR


async def test_the_socket_is_closed_some_time_after_leaving(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        await page.call("leaveRoom")
        start = trio.current_time()
        await page.ended.wait()
        assert trio.current_time() - start == pytest.approx(10)
        assert page.closed == (1000, "Session closed")


async def test_eviction_reaches_the_evicted_and_then_closes_its_socket(autojump_clock):
    async with open_world() as world:
        await world.join()
        page = await world.join()
        await world.session.evict(page.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
        await settle()
        assert page.take() == [
            {
                "method": "participantEvicted",
                "params": {"connectionId": page.id, "name": page.id, "reason": "forceDisconnectByServer"},
                "jsonrpc": "2.0",
            }
        ]
        start = trio.current_time()
        await page.ended.wait()
        assert trio.current_time() - start == pytest.approx(10)


async def test_an_evicted_client_is_told_so(autojump_clock):
    async with open_world() as world:
        await world.join()
        page = await world.join()
        await world.session.evict(page.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
        code, message = await page.error("echo")
        assert code == 102
        assert message == f"Connection {page.id} is not in the session any more. Code: 102"


async def test_evicted_while_away(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        page.drop()
        await settle()
        watcher.take()
        await world.session.evict(page.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
        await trio.sleep(20)
        assert await left(watcher) == ["forceDisconnectByServer"]


async def test_close_session(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        watcher.take()
        assert await page.result("closeSession") == {"value": "bye"}
        assert page.closed == (1000, "Session closed by client")
        assert await left(watcher) == ["disconnect"]


async def test_close_session_before_joining(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        assert await page.result("closeSession") == {"value": "bye"}
        await page.ended.wait()


async def test_a_defect_is_answered_and_the_participant_stays(autojump_clock, monkeypatch):
    async with open_world() as world:
        page = await world.join()

        def fail(name):
            if name == "rpc":
                raise ZeroDivisionError("secret detail")

        monkeypatch.setattr(isolate, "fault_injection", fail)
        assert await page.error("echo") == (-1, "Internal error in RPC method 'echo'")
        monkeypatch.setattr(isolate, "fault_injection", None)
        assert await page.result("echo") == {"sessionId": page.rpc_session_id}


async def test_a_request_that_hangs_does_not_keep_a_lost_participant(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        watcher.take()
        with world.media.hold("open_uplink"):
            page.send("publishVideo", PUBLISH)
            await settle()
            page.drop()
            await trio.sleep(10.1)
            assert await left(watcher) == ["networkDisconnect"]
            await trio.sleep(10.1)
            assert len(world.app_nursery.child_tasks) == 2  # the watcher's, and the one that writes


async def test_requests_still_queued_at_the_end_are_dropped(autojump_clock):
    async with open_world() as world:
        watcher, page = await world.join(), await world.join()
        with world.media.hold("open_uplink") as hold:
            page.send("publishVideo", PUBLISH)
            page.send("sendMessage", signal("too late"))
            page.drop()
            await trio.sleep(10.1)
            watcher.take()
            hold.release()
            await settle()
        assert watcher.take() == []
        assert world.media.open_links == set()


async def test_the_recorder_is_closed_at_once(autojump_clock):
    async with open_world() as world:
        await world.join()
        recorder = await world.join(Role.SUBSCRIBER, secret="s3cret", recorder=True)
        assert recorder.id == "RECORDER"
        recorder.send("leaveRoom")
        start = trio.current_time()
        await recorder.ended.wait()
        assert trio.current_time() == start


async def test_two_recorders_one_after_the_other(autojump_clock):
    async with open_world() as world:
        await world.join()
        first = await world.join(secret="s3cret", recorder=True)
        first.freeze()
        first.send("leaveRoom")
        await settle()
        second = await world.join(secret="s3cret", recorder=True)
        await trio.sleep(30)
        assert await second.result("echo") == {"sessionId": second.rpc_session_id}
        assert "RECORDER" in world.session.connections


async def test_the_end_of_a_recorder_spares_the_next_one(autojump_clock):
    async with open_world() as world:
        await world.join()
        first = await world.join(secret="s3cret", recorder=True)
        await world.session.evict(first.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
        world.session.join(JoinRequest(token="", secret="s3cret", recorder=True))
        await first.ended.wait()
        assert "RECORDER" in world.session.connections


async def test_only_the_request_in_hand_withholds_notifications(autojump_clock):
    async with open_world() as world:
        mia, first, second = await world.join(Role.MODERATOR), await world.join(), await world.join()
        await mia.call("forceDisconnect", {"connectionId": first.id})
        await world.session.evict(second.id, EndReason.FORCE_DISCONNECT_BY_SERVER)
        await settle()
        assert methods(mia.take()) == ["participantLeft", "participantEvicted"]


async def test_ended_means_not_resumable_at_once(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        (rpc_session,) = world.signaling.rpc_sessions
        assert rpc_session.is_resumable
        rpc_session.end(CloseFrame(1000, "enough"))
        assert not rpc_session.is_resumable
        await page.ended.wait()
        assert page.closed == (1000, "enough")
