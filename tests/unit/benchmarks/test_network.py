"""What the kernel's timestamps say of a bottleneck, whenever they are read, and where peers and routers are."""

import socket
import struct
from contextlib import ExitStack, nullcontext
from types import SimpleNamespace

import pytest

from benchmarks.network import real_world, tcp
from benchmarks.network.crossings import Crossings
from benchmarks.network.namespaces import Way
from benchmarks.network.real_world import RealWorld
from benchmarks.network.stamps import arrivals, monotonic_offset_ns, udp_datagram
from benchmarks.simulation.faults import Faults
from benchmarks.simulation.link import Link, steps
from benchmarks.simulation.world import EPOCH_US, Sample

PORT = 4000


def corrected(crossings, *at_s, flow=PORT):
    samples = [Sample(second, received_bps=7.0, sent_bps=-1, queueing_ms=-1, estimate_bps=8.0) for second in at_s]
    return crossings.correct(samples, flow)


def test_what_was_sent_is_counted_where_it_entered():
    crossings = Crossings()
    crossings.enter(b"a", PORT, 1000, 100_001)
    crossings.enter(b"b", PORT, 250, 200_000)
    crossings.enter(b"other flow", PORT + 1, 5000, 150_000)
    assert [sample.sent_bps for sample in corrected(crossings, 0.1, 0.2, 0.3)] == [0, 1250 * 80, 0]


def test_a_sample_has_the_wait_of_the_packet_that_entered_last():
    crossings = Crossings()
    for name, entered_us in ((b"a", 110_000), (b"b", 190_000), (b"lost", 195_000)):
        crossings.enter(name, PORT, 1000, entered_us)
    crossings.leave(b"b", 240_000)
    crossings.leave(b"a", 130_000)
    assert [sample.queueing_ms for sample in corrected(crossings, 0.1, 0.2, 0.3)] == [0, 50, 0]


def test_all_flows_of_a_bottleneck_tell_of_its_queue():
    crossings = Crossings()
    crossings.enter(b"a", PORT + 1, 1000, 110_000)
    crossings.leave(b"a", 130_000)
    assert [sample.queueing_ms for sample in corrected(crossings, 0.2)] == [20]


def test_the_rest_of_a_sample_stays():
    assert corrected(Crossings(), 0.1) == [Sample(0.1, received_bps=7.0, sent_bps=0, queueing_ms=0, estimate_bps=8.0)]


def test_what_never_entered_is_no_crossing():
    crossings = Crossings()
    crossings.leave(b"a", 150_000)
    assert corrected(crossings, 0.2)[0].queueing_ms == 0


@pytest.mark.parametrize("options", [b"", bytes(8)])
def test_a_datagram_is_found_behind_its_headers(options):
    ip = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 0, 0, 0, 64, 17, 0, bytes(4), bytes(4)) + options
    assert udp_datagram(ip + struct.pack(">HHHH", 9, PORT, 11, 0) + b"abc") == (PORT, b"abc")


def test_what_is_not_udp_is_left_alone():
    assert udp_datagram(bytes([0x45]) + bytes(8) + bytes([6]) + bytes(30)) is None


class Stamped:
    """A socket in which messages with the kernel's timestamps wait, or errors."""

    def __init__(self, *waiting):
        self._waiting = iter(waiting)

    def recvmsg(self, *_sizes):
        match next(self._waiting, BlockingIOError()):
            case OSError() as error:
                raise error
            case data, seconds, nanoseconds:
                return data, [(socket.SOL_SOCKET, 35, struct.pack("qq", seconds, nanoseconds))], 0, None


def test_datagrams_tell_when_they_came_and_not_when_they_were_read():
    waiting = Stamped((b"a", 1, 5), (b"b", 2, 0))
    assert list(arrivals(waiting)) == [(b"a", 1_000_000_005), (b"b", 2_000_000_000)]


def test_a_router_that_did_not_serve_yet_ends_no_reading():
    waiting = Stamped(ConnectionRefusedError(), (b"a", 1, 0))
    assert list(arrivals(waiting)) == [(b"a", 1_000_000_000)]


def test_the_two_clocks_are_compared_without_what_came_between(monkeypatch):
    readings = iter([1000, 500, 2000, 1900, *[3000, 2400] * 8])
    monkeypatch.setattr("time.time_ns", lambda: next(readings))
    monkeypatch.setattr("time.monotonic_ns", lambda: next(readings))
    assert monotonic_offset_ns() == 600


# ---------------------------------------------------------------------------------------------------------- places


class Loopback:
    """In place of namespaces: every end is an address of this machine, and nothing is limited."""

    def __init__(self):
        self.router = "router"
        self.limits = {}
        self.faults = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def add(self, faults):
        self.faults.append(faults)
        number = len(self.faults)
        name, ip = f"peers{number}", f"127.0.{number}.6"
        return (
            Way(number, "router", name, ip, "", "near", "far"),
            Way(number, name, "router", f"127.0.{number}.1", "", "far", "near"),
        )

    def limit(self, way, capacity_bps, queue_us):
        self.limits[way.to_ip] = capacity_bps, queue_us

    def inside(self, name):
        return nullcontext()


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(real_world, "Namespaces", Loopback)
    monkeypatch.setattr(real_world, "ROUTER_IP", "127.0.0.1")
    monkeypatch.setattr(real_world, "open_entrance", lambda _: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    monkeypatch.setattr("os.setpriority", lambda *_: None)
    with ExitStack() as stack:
        yield RealWorld(stack)


def own_ip(world, peer):
    return world._sockets[peer.number].getsockname()[0]


def router_ip(world, peer):
    return world._sockets[peer.number].getpeername()[0]


def test_flows_of_one_bottleneck_are_behind_the_same_one(world):
    link = Link(steps((0, 2)))
    flows = [world.add_flow(link) for _ in range(2)]
    world.run(0)
    assert len({own_ip(world, flow.subscriber) for flow in flows}) == 1
    assert len({own_ip(world, flow.publisher) for flow in flows}) == 1
    assert own_ip(world, flows[0].subscriber) != own_ip(world, flows[0].publisher)


def test_media_both_ways_has_a_socket_of_the_router_at_either_end(world):
    forward, backward = Link(steps((0, 2))), Link(steps((0, 1)))
    there, back = world.add_flow(forward, backward), world.add_flow(backward, forward)
    world.run(0)
    assert router_ip(world, there.subscriber) == "127.0.0.1"
    assert router_ip(world, back.subscriber) == own_ip(world, there.subscriber)
    assert world._namespaces.limits == {
        own_ip(world, there.subscriber): (2e6, 300_000),
        own_ip(world, back.subscriber): (1e6, 300_000),
    }


def test_only_bottlenecks_are_limited(world):
    flow = world.add_flow(Link(steps((0, 2)), queue_us=100_000))
    world.run(0)
    assert world._namespaces.limits == {own_ip(world, flow.subscriber): (2e6, 100_000)}


def test_faults_are_those_of_the_side_that_has_them(world):
    faults = Faults(loss=0.2)
    world.add_flow(Link(steps((0, 2)), faults=faults))
    world.run(0)
    assert [known is faults for known in world._namespaces.faults] == [False, True, False]


def test_acknowledgements_wait_for_both_directions(world, monkeypatch):
    link = Link(steps((0, 2)), delay_us=50_000)
    monkeypatch.setattr(world, "_now_us", lambda: 7_000_000)
    path = SimpleNamespace(acknowledgements=lambda: [b"1", b"2"], acknowledge=None)
    world._delay(path, link)
    assert [(when_us, data) for when_us, _, _, (data,) in world._under_way] == [(7_100_000, b"1"), (7_100_000, b"2")]


def test_a_publisher_of_several_viewers_has_one_socket(world):
    flow = world.add_flow(Link(steps((0, 2))))
    world.add_viewer(flow, Link(steps((0, 1))), Link(steps((0, 1))))
    world.run(0)
    publisher_and_viewers, entrances = 3, 2
    assert len(world._selector.get_map()) == publisher_and_viewers + entrances


def test_a_publisher_that_was_held_up_leaves_frames_out(world, monkeypatch):
    publisher = world.add_flow(Link(steps((0, 2)))).publisher
    monkeypatch.setattr(world, "_now_us", lambda: 900_000)
    frames = [publisher.tick(world._clock_us(now_us)) for now_us in range(0, 900_000, 1000)]
    assert sum(bool(frame) for frame in frames) == 2
    assert set(publisher.sent_us) == {EPOCH_US + 900_000}


def test_a_tcp_flow_ends_with_its_last_whole_byte():
    sent = []

    def send(data):
        assert data, "what is left is less than a byte"
        sent.append(len(data))
        return len(data)

    ended = []
    tcp._pour(SimpleNamespace(connect=lambda _: None, send=send, shutdown=ended.append), ("", 0), 20_000.5)
    assert sum(sent) == 20_000
    assert ended == [socket.SHUT_WR]
