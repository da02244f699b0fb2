"""A worker on real sockets: who is answered, and what is left when it ends."""

import ctypes
import os
import platform
import threading
import time
from contextlib import asynccontextmanager, contextmanager

import pytest
import trio
from aioice import stun

from ovrouter._fastpath import PEER, Worker
from ovrouter.errors import ConfigError
from ovrouter.media.addresses import MediaAddress, media_addresses, open_sockets
from ovrouter.media.worker import MediaWorker, format_address

UFRAG, PASSWORD = b"ufragufrag", b"p" * 24
DEADLINE_S = 10


@asynccontextmanager
async def running_worker(*ips):
    addresses = tuple(MediaAddress(ip, ip) for ip in ips)
    worker = MediaWorker(open_sockets(addresses, 0), addresses)
    events_in, events = trio.open_memory_channel(10)
    with trio.fail_after(DEADLINE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(worker.run, lambda *event: events_in.send_nowait(event))
            yield worker, events
            nursery.cancel_scope.cancel()


def request(password=PASSWORD):
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = UFRAG.decode() + ":theirs"
    message.attributes["PRIORITY"] = 1
    message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password)
    return bytes(message)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1"])
async def test_a_check_is_answered_from_the_address_it_came_to(ip):
    async with running_worker("127.0.0.1", "::1") as (worker, events):
        handle = worker.fastpath.add_transport(UFRAG, PASSWORD)
        to = next(candidate for candidate in worker.candidates if candidate[0] == ip)
        with trio.socket.socket(
            trio.socket.AF_INET6 if ":" in ip else trio.socket.AF_INET, trio.socket.SOCK_DGRAM
        ) as client:
            await client.connect(to)
            await client.send(request())
            answer = stun.parse_message(await client.recv(2000))
            assert answer.attributes["XOR-MAPPED-ADDRESS"] == client.getsockname()[:2]
            kind, told_handle, _ = await events.receive()
            assert (kind, told_handle) == (PEER, handle)
            address = worker.fastpath.peer_address(handle)
            assert format_address(address).endswith(f":{client.getsockname()[1]}")


async def test_strangers_get_no_answer():
    async with running_worker("127.0.0.1") as (worker, _):
        worker.fastpath.add_transport(UFRAG, PASSWORD)
        with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as client:
            await client.connect(worker.candidates[0])
            for datagram in (request(b"x" * 24), b"\x16" + bytes(100), b"\x80" + bytes(100), b"", bytes(20)):
                await client.send(datagram)
            # Answers leave in order: the first to come is that to the last request.
            last = request()
            await client.send(last)
            assert (await client.recv(2000))[8:20] == last[8:20]
        assert worker.fastpath.counters()["dropped_stun_bad_integrity_packets"] == 1
        assert worker.fastpath.counters()["dropped_unvalidated_source_packets"] == 2


SCHED_SETATTR, SCHED_GETATTR = {"x86_64": (314, 315), "aarch64": (274, 275)}[platform.machine()]
SLICE_NS = 100_000


class Attributes(ctypes.Structure):
    """struct sched_attr."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("slice_ns", ctypes.c_uint64),
        ("deadline_ns", ctypes.c_uint64),
        ("period_ns", ctypes.c_uint64),
    )


def attributes_of(thread_id):
    """0 is the calling thread."""
    attributes = Attributes()
    call = ctypes.CDLL(None).syscall
    assert call(SCHED_GETATTR, thread_id, ctypes.byref(attributes), ctypes.sizeof(attributes), 0) == 0
    return attributes


def preference_of(thread_id):
    """Its policy, priority, nice value and slice."""
    attributes = attributes_of(thread_id)
    return attributes.policy, attributes.priority, attributes.nice, attributes.slice_ns


def granted_preference():
    """What a thread has that asks for the same: few may run in real time, and older kernels grant no slice."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        attributes = attributes_of(0)
        attributes.slice_ns = SLICE_NS
        assert ctypes.CDLL(None).syscall(SCHED_SETATTR, 0, ctypes.byref(attributes), 0) == 0
    return preference_of(0)


@contextmanager
def usual_thread(function):
    """A thread that runs *function*, and the list that gets its result.

    It is made a usual one first: encoders that other tests use put the thread that opens them in real time, and threads
    inherit that.
    """

    def run():
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        results.append(preference_of(0))
        results.append(function())

    results = []
    thread = threading.Thread(target=run, daemon=True)  # a failed test does not wait for it
    thread.start()
    yield thread, results
    thread.join(DEADLINE_S)


def test_its_thread_is_preferred_while_it_runs():
    (sock,) = open_sockets((MediaAddress("127.0.0.1", "127.0.0.1"),), 0)
    worker = Worker([sock])

    def run():
        worker.run()
        return preference_of(0)

    with usual_thread(granted_preference) as (_, granted):
        pass
    with usual_thread(run) as (thread, preferences):
        deadline_s = time.monotonic() + DEADLINE_S
        while preference_of(thread.native_id) != granted[-1]:
            assert time.monotonic() < deadline_s
        worker.stop()
    worker.close()
    sock.close()
    usual, afterwards = preferences
    assert afterwards == usual


async def test_nothing_is_left_of_it():
    async with running_worker("127.0.0.1") as (worker, _):
        worker.fastpath.add_transport(UFRAG, PASSWORD)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        async with running_worker("127.0.0.1"):
            pass
    assert len(os.listdir("/proc/self/fd")) == before
    assert not [thread for thread in threading.enumerate() if "MediaWorker" in thread.name]


def test_a_port_that_is_taken_is_named():
    (held,) = open_sockets([MediaAddress("127.0.0.1", "127.0.0.1")], 0)
    with held, pytest.raises(ConfigError, match=r"127\.0\.0\.1 port \d+ .*OVROUTER_MEDIA_PORT"):
        open_sockets([MediaAddress("127.0.0.1", "127.0.0.1")], held.getsockname()[1])


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ConfigError, match="OVROUTER_MEDIA_IP"):
        open_sockets([MediaAddress("192.0.2.1", "192.0.2.1")], 0)


def test_configured_addresses_are_taken_as_they_are_and_mapped():
    found = media_addresses(["10.0.0.1", "10.0.0.2"], ["10.0.0.2:198.51.100.7"])
    assert found == (MediaAddress("10.0.0.1", "10.0.0.1"), MediaAddress("10.0.0.2", "198.51.100.7"))


def test_discovery_finds_an_address_and_prefers_others_to_loopback():
    found = media_addresses([])
    assert found
    loopback = [address for address in found if address.bound_ip in ("127.0.0.1", "::1")]
    assert loopback in ([], list(found))
