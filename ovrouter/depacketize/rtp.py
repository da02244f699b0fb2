"""RTP packets and sender reports as a tap sends them (RFC 3550): no CSRC semantics, no encryption. Cold."""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

__all__ = ["RtpPacket", "SenderReport", "is_rtcp", "parse_rtp", "parse_sender_report"]

_HEADER: Final = Struct("!BBHII")
_REPORT: Final = Struct("!BBHIIII")
_SENDER_REPORT_TYPE: Final = 200
_NTP_EPOCH_S: Final = 2_208_988_800
"""From 1900 to 1970."""


class RtpPacket(NamedTuple):
    """One packet; *payload* is without padding."""

    payload_type: int
    marker: bool
    sequence_u16: int
    timestamp: int
    ssrc: int
    payload: bytes


class SenderReport(NamedTuple):
    """That *timestamp* of a track was *ntp_us* on its sender's clock (microseconds of Unix time)."""

    ssrc: int
    ntp_us: int
    timestamp: int


def is_rtcp(data: bytes) -> bool:
    """Tell RTCP from RTP on one socket (RFC 5761 section 4)."""
    return len(data) > 1 and 192 <= data[1] <= 223


def parse_rtp(data: bytes) -> RtpPacket | None:
    """Section 5.1; None if *data* is not valid."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        return None
    flags, marker_and_type, sequence_u16, timestamp, ssrc = _HEADER.unpack_from(data)
    start, end = _HEADER.size + 4 * (flags & 0x0F), len(data)
    if flags & 0x10:
        start += 4
        if start > end:
            return None
        start += 4 * int.from_bytes(data[start - 2 : start])
    if flags & 0x20:
        end -= data[-1]
        if data[-1] == 0:
            return None
    if start > end:
        return None
    return RtpPacket(marker_and_type & 0x7F, marker_and_type > 0x7F, sequence_u16, timestamp, ssrc, data[start:end])


def parse_sender_report(data: bytes) -> SenderReport | None:
    """The sender report at the beginning of a compound packet (section 6.4.1), if there is one."""
    if len(data) < 28 or data[0] >> 6 != 2 or data[1] != _SENDER_REPORT_TYPE:
        return None
    _, _, _, ssrc, seconds, fraction, timestamp = _REPORT.unpack_from(data)
    return SenderReport(ssrc, (seconds - _NTP_EPOCH_S) * 1_000_000 + (fraction * 1_000_000 >> 32), timestamp)
