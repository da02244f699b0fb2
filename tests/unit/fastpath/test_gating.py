"""Who may send what: only STUN from strangers, and nothing that breaks the core from anybody."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ovrouter._fastpath import DTLS
from tests.unit.fastpath.rig import VP8_KEYFRAME, Rig, packet

STRANGER = (bytes([192, 0, 2, 66]), 6666, 0)


def test_only_stun_is_looked_at_from_an_address_that_is_not_validated():
    rig = Rig()
    rig.peer()
    for first in range(4, 256):
        rig.receive((bytes([first]) + bytes(60), STRANGER))
    assert rig.core.counters()["dropped_unvalidated_source_packets"] == 252
    assert rig.core.take_events()[1:] == []
    assert rig.core.take_outgoing() == []


def test_a_valid_packet_from_a_wrong_address_is_not_looked_at():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    rig.receive((alice.protect(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME)), STRANGER))
    assert bob.rtp == []


def test_the_same_address_on_another_socket_is_another_address():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    ip, port, _ = alice.address
    rig.receive((alice.protect(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME)), (ip, port, 1)))
    assert bob.rtp == []


def test_handshake_datagrams_reach_trio_from_validated_addresses():
    rig = Rig()
    alice = rig.peer()
    rig.core.take_events()
    for first in (20, 22, 63):
        rig.receive((bytes([first]) + b"hello", alice.address))
    assert rig.core.take_events() == [(0, alice.handle, bytes([first]) + b"hello") for first in (20, 22, 63)]


def test_a_flood_of_handshake_datagrams_is_bounded():
    rig = Rig()
    alice = rig.peer()
    for _ in range(2000):
        rig.receive((b"\x16" + bytes(1400), alice.address))
    assert rig.core.counters()["dropped_event_queue_full_packets"] > 1000
    assert sum(len(data) for _, _, data in rig.core.take_events()) < 2**20


def test_every_first_byte_and_length_is_dropped_and_counted():
    rig = Rig()
    alice = rig.peer()
    alice.publish_video()
    before = dropped(rig)
    seeded = random.Random(1)
    body = seeded.randbytes(1600)
    sent = reached_trio = 0
    for first in range(256):
        datagrams = [(bytes([first]) + body[: length - 1] if length else b"", alice.address) for length in range(1601)]
        rig.core.receive(datagrams, rig.now_us)
        sent += len(datagrams)
        reached_trio += len([kind for kind, _, _ in rig.core.take_events() if kind == DTLS])
        assert rig.core.take_outgoing() == []
    assert dropped(rig) - before == sent - reached_trio
    assert reached_trio > 30_000
    alice.check()
    assert alice.stun


def test_every_first_bytes_of_an_authentic_packet():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    for first in range(128, 192):
        for length in range(12, 64):
            data = bytes([first, 96, 0, length]) + bytes(4) + (0x1000).to_bytes(4, "big") + bytes(length - 12)
            rig.receive((protect_or_same(alice, data), alice.address))
    alice.check()
    assert alice.stun


def protect_or_same(peer, data):
    try:
        return peer._out.protect(data)
    except Exception:  # libsrtp itself refuses some of them  # noqa: BLE001
        return data


@settings(max_examples=300)
@given(st.binary(min_size=8, max_size=300))
def test_authentic_rtcp_of_any_content(data):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME))
    for peer in (alice, bob):
        for head in (
            b"",
            b"\x81\xce\x00\x02" + bytes(8),
            b"\x81\xcd\x00\x03" + bytes(4) + (0x5000).to_bytes(4, "big") + bytes(4),
        ):
            peer.send_raw_rtcp(b"\x80" + bytes([200 + data[1] % 8]) + data[2:8] + head + data[8:])
    alice.send(packet(2, ssrc=0x1000))
    assert [packet.sequence_number for packet in bob.rtp][:2] == [1, 2]


def dropped(rig):
    return sum(count for name, count in rig.core.counters().items() if name.startswith("dropped_"))
