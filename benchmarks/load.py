"""What the packet loop is told and what its samples say (cold)."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass, field

from pylibsrtp import Error, Session

__all__ = ["Media", "SampleChecker", "SampleCorrupt", "read_probe", "rtp_payload"]

VP8_HEADER_BYTES = 14
"""Payload descriptor and frame header as the packet loop writes them."""

_PROBE = struct.Struct("<IqIH")
_PROBE_MAGIC = 0x4252564F
_PATTERN = bytes(range(256)) * 6


class SampleCorrupt(Exception):
    """A packet arrived whose content is not what was sent."""


@dataclass(frozen=True, slots=True)
class Media:
    """One RTP stream of a publisher; the last three are ids of header extensions, 0 if not negotiated."""

    ssrc: int
    payload_type: int
    abs_send_time: int = 0
    transport_cc: int = 0
    audio_level: int = 0

    def as_struct(self) -> dict[str, int]:
        """Return the stream's start as the packet loop's ``RtpStream``."""
        return {
            "ssrc": self.ssrc,
            "payload_type": self.payload_type,
            "abs_send_time": self.abs_send_time,
            "transport_cc": self.transport_cc,
            "audio_level": self.audio_level,
            # RFC 3711 section 3.3.1: below 2^15, so that a loss at the start cannot hide a roll-over.
            "sequence": secrets.randbelow(1 << 15),
            "timestamp": secrets.randbits(32),
            "packets": 0,
            "payload_bytes": 0,
        }


@dataclass(slots=True)
class SampleChecker:
    """Decrypts sampled packets, compares their content with what was sent, and collects forwarding delays."""

    _receivers: dict[int, tuple[Session, int]] = field(default_factory=dict)
    delays_us: list[float] = field(default_factory=list)
    checked: int = 0
    corrupt: int = 0

    def add(self, subscriber: int, session: Session, video_type: int) -> None:
        """Expect samples of *subscriber*, for its inbound *session* and with this payload type for video."""
        self._receivers[subscriber] = session, video_type

    def check(self, subscriber: int, arrival_ns: int, packet: bytes) -> None:
        """Count one sample; a corrupt one adds no delay."""
        self.checked += 1
        try:
            sent_ns = self._send_time(subscriber, packet)
        except (Error, SampleCorrupt):
            self.corrupt += 1
        else:
            self.delays_us.append((arrival_ns - sent_ns) / 1000)

    def restart(self) -> None:
        """Forget the results so far; the sessions stay."""
        self.delays_us = []
        self.checked = self.corrupt = 0

    def _send_time(self, subscriber: int, packet: bytes) -> int:
        session, video_type = self._receivers[subscriber]
        plain = session.unprotect(packet)
        is_video = plain[1] & 0x7F == video_type
        return read_probe(rtp_payload(plain)[VP8_HEADER_BYTES if is_video else 0 :])


def rtp_payload(packet: bytes) -> bytes:
    """Cut header, extension and padding off an RTP packet (RFC 3550 section 5.1)."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[start:end]


def read_probe(payload: bytes) -> int:
    """Return the send time in CLOCK_REALTIME nanoseconds. Raises SampleCorrupt if a byte is not what was sent."""
    if len(payload) < _PROBE.size:
        raise SampleCorrupt(f"{len(payload)} bytes are too short for a probe")
    magic, sent_ns, counter, length = _PROBE.unpack_from(payload)
    first = counter & 0xFF
    if magic != _PROBE_MAGIC or length != len(payload):
        raise SampleCorrupt("the probe is damaged or the packet has another length")
    if payload[_PROBE.size :] != _PATTERN[first : first + length - _PROBE.size]:
        raise SampleCorrupt(f"the content of packet {counter} differs")
    return int(sent_ns)
