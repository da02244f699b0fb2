"""Loss repair towards publishers (NACK, RTX) and subscribers (retransmission)."""

import pytest
from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    wrap_rtx,
)

from tests.unit.fastpath.rig import MS, SECOND, VIDEO, VIDEO_RTX, VP8_KEYFRAME, Rig, packet, renumbered

STARTS = [0, 100, 32766, 65530, 65534]


def call(start, **options):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    down = bob.subscribe(alice.publish_video(), **options)
    alice.send(packet(start, ssrc=0x1000, payload=VP8_KEYFRAME))
    return rig, alice, bob, down


def numbers(packets):
    return [packet.sequence_number for packet in packets]


@pytest.mark.parametrize("start", STARTS)
def test_a_hole_is_asked_for_at_once(start):
    _, alice, _, _ = call(start)
    alice.send(packet(start + 1, ssrc=0x1000), packet(start + 4, ssrc=0x1000))
    (nack,) = alice.received(RtcpRtpfbPacket)
    assert nack.lost == [(start + 2) & 0xFFFF, (start + 3) & 0xFFFF]
    assert nack.media_ssrc == 0x1000


def test_asking_is_repeated_then_given_up():
    rig, alice, _, _ = call(100)
    alice.send(packet(102, ssrc=0x1000))
    rig.run(2 * SECOND)
    assert [nack.lost for nack in alice.received(RtcpRtpfbPacket)] == [[101]] * 10


def test_what_arrives_is_not_asked_for_again():
    rig, alice, bob, _ = call(100)
    alice.send(packet(102, ssrc=0x1000))
    alice.send(packet(101, ssrc=0x1000))
    rig.run(SECOND)
    assert len(alice.received(RtcpRtpfbPacket)) == 1
    assert numbers(bob.rtp) == [100, 102, 101]


@pytest.mark.parametrize("start", STARTS)
def test_rtx_from_the_publisher_becomes_the_original(start):
    _, alice, bob, _ = call(start)
    lost = packet(start + 1, ssrc=0x1000, payload=b"\x00lost", timestamp=77, marker=1)
    alice.send(packet(start + 2, ssrc=0x1000))
    alice.send(wrap_rtx(lost, payload_type=VIDEO_RTX, sequence_number=9, ssrc=0x1001))
    repaired = bob.rtp[-1]
    assert (repaired.sequence_number, repaired.payload, repaired.timestamp, repaired.marker) == (
        renumbered([start, start + 1])[1], b"\x00lost", 77, 1,
    )  # fmt: skip
    assert repaired.payload_type == VIDEO


def test_rtx_used_to_probe_is_dropped():
    rig, alice, bob, _ = call(100)
    probe = packet(1, ssrc=0x1001, pt=VIDEO_RTX, payload=b"")
    probe.padding_size = 100
    alice.send(probe)
    assert rig.core.counters()["dropped_padding_packets"] == 1
    assert numbers(bob.rtp) == [100]


def test_an_outage_asks_for_a_keyframe_instead():
    _, alice, _, _ = call(100)
    alice.send(packet(500, ssrc=0x1000))
    assert alice.received(RtcpRtpfbPacket) == []
    assert len(alice.received(RtcpPsfbPacket)) == 1


@pytest.mark.parametrize("start", STARTS)
def test_a_subscriber_gets_lost_packets_as_rtx(start):
    rig, alice, bob, down = call(start, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    alice.send(*(packet(start + n, ssrc=0x1000, payload=bytes([0, n])) for n in range(1, 30)))
    before = len(bob.rtp)
    lost = renumbered([start, *(start + n for n in (3, 4, 20))])[1:]
    bob.send_rtcp(*(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[number]) for number in lost))
    again = bob.rtp[before:]
    assert [packet.ssrc for packet in again] == [0x5001] * 3
    assert [packet.payload for packet in again] == [
        number.to_bytes(2, "big") + bytes([0, n]) for number, n in zip(lost, (3, 4, 20), strict=True)
    ]
    assert numbers(again) == [1, 2, 3]
    assert rig.core.describe_down_track(down)["retransmitted_packets"] == 3


def test_without_rtx_the_packet_itself_is_sent_again():
    _, alice, bob, _ = call(100)
    alice.send(packet(101, ssrc=0x1000, payload=b"\x00again"))
    sent = len(bob.datagrams)
    del bob.rtp[:]
    bob._in = bob._session(bob._keys[1], 2)  # a receiver that never got the first copy
    bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[101]))
    assert len(bob.datagrams) == sent + 1
    assert bob.rtp[0].payload == b"\x00again"


def test_what_is_no_longer_kept_is_counted():
    rig, alice, bob, down = call(100)
    for number in range(101, 1200):
        alice.send(packet(number, ssrc=0x1000))
    bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[101]))
    assert rig.core.describe_down_track(down)["retransmit_misses_packets"] == 1


@pytest.mark.parametrize(("bitrate_bps", "ring_bytes"), [(100_000, 64 << 10), (1_000_000, 512 << 10), (5e6, 2 << 20)])
def test_the_ring_holds_two_and_a_half_seconds_whatever_the_rate(bitrate_bps, ring_bytes):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    track = alice.publish_video()
    down = bob.subscribe(track, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    payload, sent = VP8_KEYFRAME + bytes(1000), 0
    for _ in range(100):
        while sent * len(payload) * 8 < bitrate_bps * (rig.now_us - 50 * SECOND) / SECOND:
            alice.send(packet(sent, ssrc=0x1000, payload=payload, timestamp=3000 * sent))
            sent += 1
        rig.run(100 * MS)
    assert rig.core.describe_up_track(track)[0]["ring_bytes"] == ring_bytes
    kept = int(min(2.4 * bitrate_bps / 8 / len(payload), 1000))
    bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[sent - kept]))
    assert rig.core.describe_down_track(down)["retransmitted_packets"] == 1


def test_a_flood_of_nacks_is_answered_within_bounds():
    rig, alice, bob, down = call(100, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    alice.send(*(packet(n, ssrc=0x1000) for n in range(101, 200)))
    for _ in range(50):
        bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=list(range(101, 180))))
    assert rig.core.describe_down_track(down)["retransmitted_packets"] == 64
    rig.run(100 * MS)
    bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[150]))
    assert rig.core.describe_down_track(down)["retransmitted_packets"] == 65


def ask(peer, *lost):
    peer.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=list(lost)))


def test_a_packet_is_repeated_once_per_round_trip():
    rig, alice, bob, down = call(100, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    let_round_trip_be(100 * MS, rig, alice, bob)
    alice.send(packet(101, ssrc=0x1000))
    before = len(bob.rtp)
    for _ in range(10):
        ask(bob, 101)
        rig.run(20 * MS)
    assert len(bob.rtp) - before == 3
    assert rig.core.describe_down_track(down)["retransmits_refused_packets"] == 7


def let_round_trip_be(round_trip_us, rig, alice, bob):
    info = RtcpSenderInfo(ntp_timestamp=1 << 48, rtp_timestamp=0, packet_count=1, octet_count=1)
    alice.send_rtcp(RtcpSrPacket(ssrc=0x1000, sender_info=info))
    while not bob.received(RtcpSrPacket):
        rig.run(10 * MS)
    rig.run(round_trip_us)
    lsr = (bob.received(RtcpSrPacket)[0].sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF
    block = RtcpReceiverInfo(
        ssrc=0x5000, fraction_lost=0, packets_lost=0, highest_sequence=1, jitter=0, lsr=lsr, dlsr=0
    )
    bob.send_rtcp(RtcpRrPacket(ssrc=1, reports=[block]))


def test_what_was_not_sent_yet_is_not_repeated():
    """Else a subscriber that is limited or paused could have all the same by asking for it."""
    rig, alice, bob, down = call(100)
    rig.core.set_down_limits(down, max_bps=1)
    alice.send(*(packet(n, ssrc=0x1000, timestamp=n) for n in range(101, 110)))
    sent = numbers(bob.rtp)
    assert sent[-1] < 105
    ask(bob, 105, 106)
    assert numbers(bob.rtp) == sent
    assert rig.core.describe_down_track(down)["retransmits_refused_packets"] == 2


def test_repair_is_bounded_by_what_the_path_carries():
    rig, alice, bob, _ = call(100, rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    rig.core.join_client(bob.handle, b"bob", transport_cc=6)
    start_bps, seconds = 600_000, 4
    sent = range(101, 160)
    alice.send(*(packet(n, ssrc=0x1000, payload=b"\x00" + bytes(1099)) for n in sent))
    before = sum(map(len, bob.datagrams))
    for _ in range(10 * seconds):
        rig.run(100 * MS)
        ask(bob, *sent)
    repaired_bps = (sum(map(len, bob.datagrams)) - before) * 8 / seconds
    assert rig.core.describe_client(bob.handle)["estimate_bps"] == start_bps
    assert 0.4 * start_bps < repaired_bps < 1.2 * start_bps


def test_numbers_from_before_a_reconnection_are_not_repaired_with_other_packets():
    rig = Rig()
    alice, bob, again = rig.peer(), rig.peer(), rig.peer()
    track = alice.publish_video()
    down = bob.subscribe(track)
    alice.send(packet(100, ssrc=0x1000, payload=VP8_KEYFRAME), *(packet(n, ssrc=0x1000) for n in range(101, 110)))
    again.bind_video(track, ssrc=0x7000)
    again.send(packet(100, ssrc=0x7000, payload=VP8_KEYFRAME), *(packet(n, ssrc=0x7000) for n in range(101, 110)))
    bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[105]))
    described = rig.core.describe_down_track(down)
    assert described["retransmitted_packets"] == 0
    assert described["retransmit_misses_packets"] == 1
