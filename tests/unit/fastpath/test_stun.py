"""Connectivity checks: who is answered, with what, and who is not."""

import ipaddress

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_stun
from tests.unit.fastpath.rig import PASSWORD, SECOND, Rig


def test_an_authenticated_check_is_answered_with_the_mapped_address():
    peer = Rig().peer(connected=False)
    peer.check()
    (answer,) = peer.stun
    message = stun.parse_message(answer)
    message.check_message_integrity(PASSWORD)
    assert message.message_class == stun.Class.RESPONSE
    assert message.attributes["XOR-MAPPED-ADDRESS"] == ("10.0.0.1", 5000)


def test_an_ipv6_address_is_mapped():
    rig = Rig()
    peer = rig.peer(connected=False)
    peer.address = (ipaddress.ip_address("2001:db8::7").packed, 4711, 1)
    peer.check()
    assert stun.parse_message(peer.stun[0]).attributes["XOR-MAPPED-ADDRESS"] == ("2001:db8::7", 4711)


def test_the_answer_is_no_longer_than_the_request():
    peer = Rig().peer(connected=False)
    request = peer.request()
    peer.check()
    assert len(peer.stun[0]) <= len(request)


@pytest.mark.parametrize(
    ("options", "counter"),
    [
        ({"password": b"wrong" * 6}, "dropped_stun_bad_integrity_packets"),
        ({"username": b"nobody:x"}, "dropped_stun_unknown_user_packets"),
        ({"username": b"u" * 200 + b":x"}, "dropped_stun_unknown_user_packets"),
    ],
)
def test_a_stranger_gets_no_answer(options, counter):
    rig = Rig()
    peer = rig.peer(connected=False)
    peer.check(**options)
    assert peer.datagrams == []
    assert rig.core.counters()[counter] == 1
    assert rig.core.counters()["validated_addresses"] == 0


def test_a_wrong_fingerprint_is_refused():
    rig = Rig()
    peer = rig.peer(connected=False)
    request = bytearray(peer.request())
    request[-1] ^= 1
    rig.receive((bytes(request), peer.address))
    assert peer.datagrams == []


def test_attributes_behind_the_integrity_do_not_count():
    request = Rig().peer(connected=False).request(nominate=False)
    late = b"\x00\x25\x00\x00"  # USE-CANDIDATE, not protected
    forged = bytearray(request[:-8] + late)
    forged[2:4] = (len(forged) - 20).to_bytes(2, "big")
    assert probe_stun(bytes(forged), PASSWORD) == (b"ufrag0000:theirs", True, False)


def test_the_peer_moves_with_a_nominating_check():
    rig = Rig()
    peer = rig.peer()
    peer.address = (bytes([10, 9, 9, 9]), 9, 0)
    peer.check(nominate=False)
    assert rig.core.peer_address(peer.handle) != peer.address
    peer.check(nominate=True)
    assert rig.core.peer_address(peer.handle) == peer.address


def test_the_peer_moves_without_nomination_when_the_old_address_is_silent():
    rig = Rig()
    peer = rig.peer()
    rig.run(6 * SECOND)
    peer.address = (bytes([10, 9, 9, 9]), 9, 0)
    peer.check(nominate=False)
    assert rig.core.peer_address(peer.handle) == peer.address


def test_consent_expires_after_thirty_silent_seconds():
    rig = Rig()
    peer = rig.peer()
    rig.core.take_events()
    rig.run(29 * SECOND)
    assert rig.core.take_events() == []
    rig.run(2 * SECOND)
    assert [(kind, handle) for kind, handle, _ in rig.core.take_events()] == [(2, peer.handle)]
    assert rig.core.peer_address(peer.handle) is None
    assert rig.core.counters()["validated_addresses"] == 0


def test_consent_is_kept_by_checks():
    rig = Rig()
    peer = rig.peer()
    for _ in range(10):
        rig.run(5 * SECOND)
        peer.check()
    assert rig.core.peer_address(peer.handle) == peer.address


def test_the_longest_silent_of_many_addresses_is_forgotten():
    rig = Rig()
    peer = rig.peer()
    for number in range(6):
        peer.address = (bytes([10, 1, 1, number]), 1, 0)
        rig.run(SECOND)
        peer.check()
    assert rig.core.counters()["validated_addresses"] == 4
    assert rig.core.peer_address(peer.handle) == peer.address


def test_an_address_goes_over_to_the_transport_that_proves_it_last():
    rig = Rig()
    first, second = rig.peer(), rig.peer(connected=False)
    second.address = first.address
    second.check()
    rig.receive((b"\x16" + b"x" * 30, first.address))
    assert [handle for kind, handle, _ in rig.core.take_events() if kind == 0] == [second.handle]


@given(st.binary(max_size=200))
def test_garbage_is_no_request(data):
    assert probe_stun(data, PASSWORD) is None


@given(st.data())
def test_a_damaged_request_is_never_accepted(data):
    request = Rig().peer(connected=False).request()
    position = data.draw(st.integers(0, len(request) - 9))  # the fingerprint behind it is not protected
    damaged = bytearray(request)
    damaged[position] ^= data.draw(st.integers(1, 255))
    found = probe_stun(bytes(damaged), PASSWORD)
    assert found is None or not found[1]
