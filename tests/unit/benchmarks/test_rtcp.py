"""Our RTCP as aiortc reads it, and aiortc's as we do."""

from __future__ import annotations

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRrPacket, RtcpSrPacket, unpack_remb_fci

from benchmarks import rtcp


def test_sender_report() -> None:
    data = rtcp.sender_report(ssrc=5, now_s=1_000_000_000.5, rtp_timestamp=77, packets=2**32 + 3, payload_bytes=900)
    [report] = RtcpPacket.parse(data)
    assert isinstance(report, RtcpSrPacket)
    assert report.ssrc == 5
    assert report.sender_info.ntp_timestamp == (1_000_000_000 + 2_208_988_800) << 32 | 1 << 31
    assert (report.sender_info.rtp_timestamp, report.sender_info.packet_count) == (77, 3)
    assert rtcp.sender_report_time(data) == (5, (1_000_000_000 + 2_208_988_800) % 65536 << 16 | 1 << 15)


@pytest.mark.parametrize(("lost", "told"), [(0, 0), (12, 12), (-2, -2), (2**24, 2**23 - 1)])
def test_receiver_report_with_remb(lost: int, told: int) -> None:
    block = rtcp.Reception(
        ssrc=9, fraction_lost=25, packets_lost=lost, highest_sequence=70000, last_sender_report=1, delay_since_s=0.5
    )
    data = rtcp.receiver_report(1, [block]) + rtcp.remb(1, [9, 10], 1_000_000_000)
    report, feedback = RtcpPacket.parse(data)
    assert isinstance(report, RtcpRrPacket)
    [seen] = report.reports
    assert (seen.ssrc, seen.fraction_lost, seen.packets_lost) == (9, 25, told)
    assert (seen.highest_sequence, seen.lsr, seen.dlsr) == (70000, 1, 32768)
    assert isinstance(feedback, RtcpPsfbPacket)
    bitrate_bps, ssrcs = unpack_remb_fci(feedback.fci)
    assert ssrcs == [9, 10]
    assert 0.99e9 < bitrate_bps <= 1e9


def test_key_frame_requests_are_seen_among_other_packets() -> None:
    report = rtcp.receiver_report(1, [])
    pli = bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=9))
    fir = bytes(RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=bytes(8)))
    assert rtcp.asks_for_key_frame(report + pli)
    assert rtcp.asks_for_key_frame(fir)
    assert not rtcp.asks_for_key_frame(report + rtcp.remb(1, [9], 1000))
    assert not rtcp.asks_for_key_frame(b"\x81\xce")
