"""When messages leave, and together with what."""

import trio

from ovrouter.signaling import socket as socket_module
from ovrouter.signaling.outgoing import Outgoing
from ovrouter.signaling.socket import Socket
from tests.unit.signaling.harness import open_world, settle


class FakeWebSocket:
    """Takes writes while there is room."""

    def __init__(self):
        self.writes = []
        self.is_taking = True
        self.emptied = trio.Event()
        self.is_aborted = False

    def write(self, frames):
        self.writes.append(frames)
        return self.is_taking

    async def drain(self):
        await self.emptied.wait()

    def abort(self):
        self.is_aborted = True


class Disk:
    """Durable when told."""

    def __init__(self):
        self.written = trio.Event()

    async def __call__(self):
        await self.written.wait()


def put(socket, *frames):
    for frame in frames:
        socket.outbox.put(frame, len(frame))


async def test_what_was_put_together_leaves_together_and_in_order(autojump_clock):
    outgoing = Outgoing(trio.lowlevel.checkpoint)
    one, other = FakeWebSocket(), FakeWebSocket()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outgoing.run)
        sockets = [Socket(websocket, None, outgoing) for websocket in (one, other)]
        for number in (b"1", b"2", b"3"):
            for socket in sockets:
                put(socket, number)
        await settle()
        assert one.writes == other.writes == [b"123"]
        outgoing.close()


async def test_a_write_is_one_tls_record_or_one_large_message(autojump_clock, monkeypatch):
    monkeypatch.setattr(socket_module, "WRITE_BYTES", 1000)
    outgoing, websocket = Outgoing(trio.lowlevel.checkpoint), FakeWebSocket()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outgoing.run)
        put(Socket(websocket, None, outgoing), *[b"x" * 400] * 4, b"y" * 5000, b"z")
        await settle()
        assert b"".join(websocket.writes) == b"x" * 1600 + b"y" * 5000 + b"z"
        assert [len(write) for write in websocket.writes] == [800, 800, 5000, 1]
        outgoing.close()


async def test_a_message_waits_for_the_events_before_it_and_not_for_later_ones(autojump_clock):
    disk, websocket = Disk(), FakeWebSocket()
    outgoing = Outgoing(disk)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outgoing.run)
        socket = Socket(websocket, None, outgoing)
        put(socket, b"first")
        await settle()
        assert websocket.writes == []
        put(socket, b"second")
        disk.written.set()
        disk.written = trio.Event()
        await settle()
        assert websocket.writes == [b"first"]
        disk.written.set()
        await settle()
        assert websocket.writes == [b"first", b"second"]
        outgoing.close()


async def test_a_client_that_takes_no_more_holds_up_nobody(autojump_clock):
    outgoing = Outgoing(trio.lowlevel.checkpoint)
    slow, quick = FakeWebSocket(), FakeWebSocket()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outgoing.run)
        slow_socket, quick_socket = (Socket(websocket, None, outgoing) for websocket in (slow, quick))
        slow.is_taking = False
        put(slow_socket, b"1")
        await settle()
        for number in (b"2", b"3"):
            put(slow_socket, number)
            put(quick_socket, number)
            await settle()
        assert (slow.writes, quick.writes) == ([b"1"], [b"2", b"3"])
        slow.is_taking = True
        slow.emptied.set()
        await settle()
        assert slow.writes == [b"1", b"23"]
        outgoing.close()


async def test_a_client_that_is_lost_while_it_is_waited_for_is_cut_off(autojump_clock):
    outgoing, websocket = Outgoing(trio.lowlevel.checkpoint), FakeWebSocket()

    async def lost():
        raise trio.BrokenResourceError

    async with trio.open_nursery() as nursery:
        nursery.start_soon(outgoing.run)
        websocket.is_taking, websocket.drain = False, lost
        put(Socket(websocket, None, outgoing), b"1")
        await settle()
        assert websocket.is_aborted
        outgoing.close()


async def test_notifications_of_one_moment_reach_a_client_in_one_write(autojump_clock):
    async with open_world() as world:
        page = await world.join()
        page.take()
        page.writes.clear()
        for number in range(3):
            world.session.send_signal(sender=None, to=[], type="x", data=str(number))
        await settle()
        assert page.writes == [3]
        assert [frame["params"]["data"] for frame in page.take()] == ["0", "1", "2"]
