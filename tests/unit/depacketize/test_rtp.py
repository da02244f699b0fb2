"""RTP and sender reports as aiortc writes them."""

import pytest
from aiortc.rtp import HeaderExtensionsMap, RtcpReceiverInfo, RtcpSenderInfo, RtcpSrPacket, RtpPacket

from ovrouter.depacketize.rtp import is_rtcp, parse_rtp, parse_sender_report


def serialized(**options):
    made = RtpPacket(payload_type=96, marker=1, sequence_number=65535, timestamp=2**32 - 1, ssrc=0xABCDEF01)
    made.payload = b"payload"
    for name, value in options.items():
        setattr(made, name, value)
    extensions = HeaderExtensionsMap()
    return made.serialize(extensions)


@pytest.mark.parametrize("options", [{}, {"csrc": [1, 2, 3]}, {"padding_size": 7}])
def test_a_packet_is_read(options):
    packet = parse_rtp(serialized(**options))
    assert packet is not None
    assert packet.payload == b"payload"
    assert (packet.payload_type, packet.marker, packet.sequence_u16) == (96, True, 65535)
    assert (packet.timestamp, packet.ssrc) == (2**32 - 1, 0xABCDEF01)


def test_extensions_are_skipped():
    packet = bytearray(serialized())
    packet[0] |= 0x10
    packet[12:12] = b"\xbe\xde\x00\x02" + b"\x00" * 8
    parsed = parse_rtp(bytes(packet))
    assert parsed is not None
    assert parsed.payload == b"payload"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" * 11,
        b"\x40" + bytes(20),
        b"\x8f" + bytes(30),
        b"\x90" + bytes(12),
        b"\x90" + bytes(13) + b"\xff\xff",
        b"\xa0" + bytes(11),
        b"\xa0" + bytes(11) + b"\x05",
    ],
)
def test_what_is_no_packet_is_none(data):
    assert parse_rtp(data) is None


def test_a_sender_report_is_read_wherever_it_comes_from():
    ntp = ((1_700_000_000 + 2_208_988_800) << 32) | (1 << 31)
    block = RtcpReceiverInfo(1, 2, 3, 4, 5, 6, 7)
    for reports in ([], [block]):
        data = bytes(RtcpSrPacket(99, RtcpSenderInfo(ntp, 12345, 1, 1), reports))
        assert is_rtcp(data)
        assert parse_sender_report(data) == (99, 1_700_000_000_500_000, 12345)


@pytest.mark.parametrize("data", [b"", bytes(28), b"\x80\xc9" + bytes(30), b"\x80\xc8" + bytes(20)])
def test_what_is_no_sender_report_is_none(data):
    assert parse_sender_report(data) is None


def test_media_is_not_taken_for_rtcp():
    assert not is_rtcp(serialized())
    assert not is_rtcp(b"\x80")
