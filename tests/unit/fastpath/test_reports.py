"""Receiver and sender reports, the bitrate cap, transport-wide feedback: what the core says of its own accord."""

import pytest
from aiortc.rtp import (
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    unpack_remb_fci,
)

from tests.unit.fastpath.rig import MS, SECOND, VP8_KEYFRAME, Rig, packet

NTP = (3_900_000_000 << 32) | 0x80000000


def sender_report(timestamp):
    info = RtcpSenderInfo(ntp_timestamp=NTP, rtp_timestamp=timestamp, packet_count=1, octet_count=2)
    return RtcpSrPacket(ssrc=0x1000, sender_info=info)


def call():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    down = bob.subscribe(alice.publish_video())
    alice.send(packet(100, ssrc=0x1000, payload=VP8_KEYFRAME, timestamp=90_000))
    return rig, alice, bob, down


def test_a_publisher_is_told_its_loss_and_round_trip_reference():
    rig, alice, _, _ = call()
    alice.send_rtcp(sender_report(90_000))
    alice.send(*(packet(100 + n, ssrc=0x1000, timestamp=90_000) for n in range(1, 100) if n % 4))
    rig.run(100 * MS)
    (report,) = alice.received(RtcpRrPacket)
    (block,) = report.reports
    assert block.ssrc == 0x1000
    assert block.packets_lost == 24
    assert block.fraction_lost == 24 * 256 // 100
    assert block.highest_sequence & 0xFFFF == 199
    assert block.lsr == (NTP >> 16) & 0xFFFFFFFF
    assert 0 <= block.dlsr <= 0.1 * 65536


def test_the_next_report_counts_only_what_came_since():
    rig, alice, _, _ = call()
    alice.send(packet(102, ssrc=0x1000))
    rig.run(100 * MS)
    alice.send(*(packet(103 + n, ssrc=0x1000) for n in range(10)))
    rig.run(1100 * MS)
    assert [report.reports[0].fraction_lost for report in alice.received(RtcpRrPacket)] == [256 // 3, 0]
    assert alice.received(RtcpRrPacket)[1].reports[0].packets_lost == 1


def test_subscribers_get_the_publishers_clock():
    rig, alice, bob, _ = call()
    alice.send_rtcp(sender_report(90_000))
    rig.run(1100 * MS)
    report = bob.received(RtcpSrPacket)[-1]
    elapsed_s = ((report.sender_info.ntp_timestamp - NTP) & 0xFFFFFFFFFFFFFFFF) / 2**32
    assert 0.9 < elapsed_s <= 1.1
    assert report.sender_info.rtp_timestamp == pytest.approx(90_000 + elapsed_s * 90_000, abs=2)
    assert report.ssrc == 0x5000
    assert report.sender_info.packet_count == 1
    assert report.sender_info.octet_count == len(VP8_KEYFRAME)
    assert len(bob.received(RtcpSdesPacket)) == len(bob.received(RtcpSrPacket)) == 2


@pytest.mark.parametrize("cname", [b"", b"a", b"sixteen-bytes-ok", b"x" * 64])
def test_sender_reports_carry_the_canonical_name(cname):
    rig, alice, bob, _ = call()
    rig.core.set_cname(bob.handle, cname)
    alice.send_rtcp(sender_report(90_000))
    rig.run(100 * MS)
    (described,) = bob.received(RtcpSdesPacket)
    assert [(chunk.ssrc, chunk.items) for chunk in described.chunks] == [(0x5000, [(1, cname)])]


def test_no_sender_report_before_the_publishers_first():
    rig, _, bob, _ = call()
    rig.run(3 * SECOND)
    assert bob.received(RtcpSrPacket) == []


def test_the_round_trip_to_a_subscriber_is_measured():
    rig, alice, bob, down = call()
    alice.send_rtcp(sender_report(90_000))
    while not bob.received(RtcpSrPacket):
        rig.run(10 * MS)
    report = bob.received(RtcpSrPacket)[0]
    rig.run(200 * MS)
    block = RtcpReceiverInfo(
        ssrc=0x5000, fraction_lost=64, packets_lost=1, highest_sequence=100, jitter=0,
        lsr=(report.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF, dlsr=int(0.15 * 65536),
    )  # fmt: skip
    bob.send_rtcp(RtcpRrPacket(ssrc=1, reports=[block]))
    described = rig.core.describe_down_track(down)
    assert described["fraction_lost_256ths"] == 64
    assert described["round_trip_us"] == pytest.approx(50 * MS, abs=1 * MS)


def test_a_claim_of_a_negative_round_trip_is_ignored():
    rig, alice, bob, down = call()
    alice.send_rtcp(sender_report(90_000))
    rig.run(1100 * MS)
    lsr = (bob.received(RtcpSrPacket)[0].sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF
    block = RtcpReceiverInfo(
        ssrc=0x5000, fraction_lost=0, packets_lost=0, highest_sequence=100, jitter=0, lsr=lsr, dlsr=0xFFFFFFFF
    )
    bob.send_rtcp(RtcpRrPacket(ssrc=1, reports=[block]))
    assert rig.core.describe_down_track(down)["round_trip_us"] == 0


@pytest.mark.parametrize("bitrate_bps", [1, 300_000, 1_000_000, 50_000_000])
def test_a_publisher_is_capped_each_second(bitrate_bps):
    rig, alice, _, _ = call()
    rig.core.set_extensions(alice.handle, transport_cc=3)
    rig.core.set_max_bitrate(alice.handle, bitrate_bps)
    rig.run(1900 * MS)
    caps = [message for message in alice.received(RtcpPsfbPacket) if message.fmt == 15]
    assert len(caps) == 2
    told_bps, ssrcs = unpack_remb_fci(caps[0].fci)
    assert told_bps <= bitrate_bps <= told_bps * 1.0001
    assert ssrcs == [0x1000]


def caps(peer):
    return [unpack_remb_fci(message.fci)[0] for message in peer.received(RtcpPsfbPacket) if message.fmt == 15]


def publish(rig, peer, *, seconds, bitrate_bps, keep=lambda number: True):
    """Send 1,000-byte packets, of which those that *keep* refuses are lost."""
    per_tick = bitrate_bps // 8 // 1000 // 100
    for tick in range(100 * seconds):
        numbers = range(tick * per_tick, (tick + 1) * per_tick)
        peer.send(*(packet(200 + n, ssrc=0x1000, payload=bytes(1000)) for n in numbers if keep(n)))
        rig.run(10 * MS)


def test_no_cap_without_a_limit_or_remb():
    rig, alice, _, _ = call()
    rig.run(3 * SECOND)
    assert caps(alice) == []


def test_with_transport_wide_feedback_the_cap_is_the_limit_alone():
    rig, alice, _, _ = call()
    rig.core.set_extensions(alice.handle, transport_cc=3)
    rig.core.set_max_bitrate(alice.handle, 0)
    rig.run(3 * SECOND)
    assert caps(alice) == []


def test_without_transport_wide_feedback_the_estimate_grows_with_what_passes():
    rig, alice, _, _ = call()
    rig.core.set_max_bitrate(alice.handle, 0)
    publish(rig, alice, seconds=10, bitrate_bps=4_000_000)
    told = caps(alice)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1_000_000 * 1.08 ** (len(told) - 1), rel=0.01)


def test_the_estimate_does_not_run_away_from_what_is_sent():
    rig, alice, _, _ = call()
    rig.core.set_max_bitrate(alice.handle, 0)
    publish(rig, alice, seconds=5, bitrate_bps=800_000)
    assert caps(alice)[-1] < 1.5 * 1.08 * 850_000


def test_loss_lowers_the_estimate():
    rig, alice, _, _ = call()
    rig.core.set_max_bitrate(alice.handle, 0)
    publish(rig, alice, seconds=5, bitrate_bps=2_000_000, keep=lambda number: number % 4)
    assert caps(alice)[-1] < 600_000


def test_the_estimate_never_exceeds_the_limit():
    rig, alice, _, _ = call()
    rig.core.set_max_bitrate(alice.handle, 1_200_000)
    publish(rig, alice, seconds=6, bitrate_bps=4_000_000)
    assert caps(alice)[-1] == pytest.approx(1_200_000, rel=0.001)


def test_transport_wide_feedback_comes_every_tenth_of_a_second():
    rig = Rig()
    alice = rig.peer()
    alice.publish_video()
    rig.core.set_extensions(alice.handle, transport_cc=3)
    alice.extensions._HeaderExtensionsMap__ids.transport_sequence_number = 3
    for number in range(100):
        sent = packet(number, ssrc=0x1000)
        sent.extensions.transport_sequence_number = number
        alice.send(sent)
        rig.run(10 * MS)
    feedback = [data for data in alice.datagrams if data[1] == 205]
    assert 9 <= len(feedback) <= 11
