"""Packets may wait for the rest of their frame where many get them: never its end, and never for a command."""

from contextlib import ExitStack, asynccontextmanager

import pylibsrtp
import pytest
import trio
from aioice import stun
from aiortc.rtp import RtpPacket

from ovrouter._fastpath import PEER
from ovrouter.media.addresses import MediaAddress, open_sockets
from ovrouter.media.worker import MediaWorker

PROFILE = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
PASSWORD = b"p" * 24
FOREVER_US = 60_000_000
DEADLINE_S = 20


class Client:
    """A peer on a socket of its own."""

    def __init__(self, worker, name):
        self.ufrag = name.encode()
        self.worker = worker
        self.handle = worker.fastpath.add_transport(self.ufrag, PASSWORD)
        key = b"k" * 28
        worker.fastpath.set_keys(self.handle, PROFILE, key, key)
        policy = pylibsrtp.Policy(key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILE)
        self.outbound = pylibsrtp.Session(policy=policy)
        self.socket = trio.socket.socket(type=trio.socket.SOCK_DGRAM)

    async def check(self):
        """A connectivity check; returns when it is answered."""
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.ufrag.decode()}:theirs"
        message.attributes["PRIORITY"] = 1
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(PASSWORD)
        await self.socket.send(bytes(message))
        stun.parse_message(await self.socket.recv(2000))

    async def send_audio(self, sequence, *, ends_frame):
        packet = RtpPacket(payload_type=111, sequence_number=sequence, ssrc=0x2000, marker=int(ends_frame))
        packet.payload = b"sound"
        await self.socket.send(self.outbound.protect(packet.serialize()))


@asynccontextmanager
async def audience(hold_us):
    """A publisher and a subscriber that gets eight copies."""
    addresses = (MediaAddress("127.0.0.1", "127.0.0.1"),)
    worker = MediaWorker(open_sockets(addresses, 0), addresses, hold_us=hold_us)
    events_in, events = trio.open_memory_channel(10)
    with trio.fail_after(DEADLINE_S), ExitStack() as sockets:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(worker.run, lambda *event: events_in.send_nowait(event))
            alice, *others = (Client(worker, name) for name in ("alice", "bob_", "carol"))
            track = worker.fastpath.add_up_track(is_video=False, clock_rate=48000)
            worker.fastpath.bind_up_track(track, alice.handle, codecs=[(111, "opus", 0)], ssrc=0x2000)
            for client in (alice, *others):
                sockets.enter_context(client.socket)
                await client.socket.connect(worker.candidates[0])
                await client.check()
                # Fetching the event is a command, which would let go of what waits.
                assert (await events.receive())[0] == PEER
            for other in others:
                for copy in range(4):
                    worker.fastpath.add_down_track(track, other.handle, ssrc=0x5000 + copy, payload_types=[(111, 111)])
            yield worker, alice, others[0]
            nursery.cancel_scope.cancel()


async def test_a_packet_waits_for_its_frame_and_leaves_with_the_end_of_it():
    async with audience(FOREVER_US) as (_, alice, bob):
        await alice.send_audio(1, ends_frame=False)
        await alice.check()  # answered at once, and after the packet was seen
        with pytest.raises(BlockingIOError):
            bob.socket._sock.recv(2000)
        await alice.send_audio(2, ends_frame=True)
        sizes = [len(await bob.socket.recv(2000)) for _ in range(8)]
        assert len(set(sizes)) == 1


async def test_nothing_waits_longer_than_allowed():
    async with audience(5_000) as (_, alice, bob):
        await alice.send_audio(1, ends_frame=False)
        await bob.socket.recv(2000)


async def test_a_command_lets_go_of_what_waits():
    async with audience(FOREVER_US) as (worker, alice, bob):
        await alice.send_audio(1, ends_frame=False)
        await alice.check()
        worker.fastpath.remove_transport(alice.handle)
        await bob.socket.recv(2000)


async def test_without_a_hold_packets_leave_at_once():
    async with audience(0) as (_, alice, bob):
        await alice.send_audio(1, ends_frame=False)
        await bob.socket.recv(2000)
