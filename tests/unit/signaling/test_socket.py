import json

import pytest
import trio

from tests.unit.signaling.harness import Page, open_world, settle

PING = {"interval": 5000}


async def test_ping(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        assert await page.call("ping", PING) == {"id": 0, "result": {"value": "pong"}, "jsonrpc": "2.0"}


async def test_handshake_sets_the_cookie(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        assert page.accept_headers[b"set-cookie"].startswith(b"OVJSESSIONID=")


async def test_watchdog_closes_after_three_missed_pings(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        await page.call("ping", PING)
        start = trio.current_time()
        await page.ended.wait()
        assert trio.current_time() - start == pytest.approx(15)
        assert page.closed == (1000, "Close for not receive ping from client")


async def test_pings_keep_it_open(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        for _ in range(20):
            await page.call("ping", PING)
            await trio.sleep(5)
        assert not page.ended.is_set()


async def test_a_socket_that_joins_nothing_is_closed_for_all_its_pings(autojump_clock):
    async with open_world() as world:
        page = await world.open()
        start = trio.current_time()
        for _ in range(14):
            page.send("ping", PING)
            with trio.move_on_after(5):
                await page.ended.wait()
        assert trio.current_time() - start == pytest.approx(60)
        assert page.closed == (1008, "Close for not joining a session")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"jsonrpc":"2.0"}', "[" * 100_000, "\x00", '"\\ud800"'])
async def test_malformed_text_is_answered_and_the_socket_lives(autojump_clock, text):
    async with open_world() as world:
        page = await world.open()
        page.send_text(text or " ")
        await settle()
        (answer,) = page.take()
        assert answer["id"] is None
        assert answer["error"]["code"] in (-32700, -32600)
        assert (await page.result("ping")) == {"value": "pong"}


async def test_a_request_without_id_is_not_answered(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        for method in ("ping", "echo", "connect"):
            page.send_text(json.dumps({"jsonrpc": "2.0", "method": method}))
        await settle()
        assert page.take() == []


async def test_a_client_that_reads_no_more_is_thrown_out(autojump_clock):
    async with open_world() as world:
        slow, sender = await world.join(), await world.join()
        slow.freeze()
        message = json.dumps({"to": [slow.id], "data": "x" * 500_000, "type": "signal:flood"})
        for _ in range(10):
            sender.send("sendMessage", {"message": message})
        await slow.ended.wait()
        await settle()
        left = {"connectionId": slow.id, "name": slow.id, "reason": "networkDisconnect"}
        assert left in [f.get("params") for f in sender.take()]
        assert slow.id not in world.session.connections


async def test_a_client_that_floods_is_thrown_out(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        with world.media.hold("open_uplink"):
            page.send("publishVideo", {"sdpOffer": "v=0", "hasAudio": True, "hasVideo": False, "doLoopback": False})
            for _ in range(5):
                page.send("echo", {"padding": "x" * 1_000_000})
            await settle()
            assert page.closed == (1008, "Too many requests are waiting")


async def test_a_send_that_fails_ends_its_own_socket_only(autojump_clock):
    async with open_world() as world:
        neighbour, page = await world.join(), await world.join()

        page.break_connection()
        page.send("ping")
        await page.ended.wait()
        await trio.sleep(11)
        assert [f["params"]["reason"] for f in neighbour.take() if f.get("method") == "participantLeft"] == [
            "networkDisconnect"
        ]


async def test_refused_while_closing(autojump_clock):
    async with open_world() as world:
        await world.signaling.close_all()
        page = Page(world)
        await page.run()
        assert page.refused == 503
        assert page.accept_headers == {}
