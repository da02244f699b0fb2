"""The RTCP that a browser sends and heeds: reports, REMB, key-frame requests (cold; RFC 3550, RFC 4585)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = [
    "Reception",
    "asks_for_key_frame",
    "asks_for_packets",
    "key_frame_request",
    "nack",
    "receiver_report",
    "remb",
    "remb_bps",
    "sender_report",
    "sender_report_time",
]

_SENDER_REPORT, _RECEIVER_REPORT, _TRANSPORT_FEEDBACK, _PAYLOAD_FEEDBACK = 200, 201, 205, 206
_NACK = 1
_PLI, _FIR, _APPLICATION = 1, 4, 15
_NTP_EPOCH_S = 2208988800


@dataclass(frozen=True, slots=True)
class Reception:
    """One report block."""

    ssrc: int
    fraction_lost: int
    """Of 256."""
    packets_lost: int
    highest_sequence: int
    last_sender_report: int
    """Middle 32 bits of its NTP time; 0 if there was none."""
    delay_since_s: float


def sender_report(ssrc: int, now_s: float, rtp_timestamp: int, packets: int, payload_bytes: int) -> bytes:
    """Return a report without blocks; *now_s* is UTC."""
    seconds = int(now_s)
    fraction = int((now_s - seconds) * 2**32)
    info = (ssrc, seconds + _NTP_EPOCH_S, fraction, rtp_timestamp, packets % 2**32, payload_bytes % 2**32)
    return _packet(_SENDER_REPORT, 0, struct.pack("!6I", *info))


def receiver_report(own_ssrc: int, receptions: list[Reception]) -> bytes:
    """Return a report on what was received."""
    return _packet(
        _RECEIVER_REPORT, len(receptions), struct.pack("!I", own_ssrc) + b"".join(_block(r) for r in receptions)
    )


def remb(own_ssrc: int, media_ssrcs: list[int], bitrate_bps: int) -> bytes:
    """Return a receiver-estimated maximum bitrate (draft-alvestrand-rmcat-remb-03)."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    rate = exponent << 18 | bitrate_bps >> exponent
    body = struct.pack("!II4sI", own_ssrc, 0, b"REMB", len(media_ssrcs) << 24 | rate)
    return _packet(_PAYLOAD_FEEDBACK, _APPLICATION, body + struct.pack(f"!{len(media_ssrcs)}I", *media_ssrcs))


def remb_bps(compound: bytes) -> int | None:
    """Return the bitrate of the first REMB."""
    for kind, form, body in _packets(compound):
        if (kind, form) == (_PAYLOAD_FEEDBACK, _APPLICATION) and body[8:12] == b"REMB":
            (rate,) = struct.unpack("!I", body[12:16])
            return int((rate & 0x3FFFF) << (rate >> 18 & 0x3F))
    return None


def nack(own_ssrc: int, media_ssrc: int, numbers: list[int]) -> bytes:
    """Return a request for packets (generic NACK), one item for each: as bulky as it may be."""
    items = b"".join(struct.pack("!HH", number & 0xFFFF, 0) for number in numbers)
    return _packet(_TRANSPORT_FEEDBACK, _NACK, struct.pack("!II", own_ssrc, media_ssrc) + items)


def asks_for_packets(compound: bytes) -> list[int]:
    """Return the sequence numbers that generic NACKs name."""
    return [
        (first + bit) & 0xFFFF
        for kind, form, body in _packets(compound)
        if (kind, form) == (_TRANSPORT_FEEDBACK, _NACK)
        for first, mask in struct.iter_unpack("!HH", body[8:])
        for bit in range(17)
        if bit == 0 or mask >> (bit - 1) & 1
    ]


def key_frame_request(own_ssrc: int, media_ssrc: int) -> bytes:
    """Return a picture loss indication."""
    return _packet(_PAYLOAD_FEEDBACK, _PLI, struct.pack("!II", own_ssrc, media_ssrc))


def asks_for_key_frame(compound: bytes) -> bool:
    """Tell whether a compound packet holds a PLI or an FIR."""
    return any(kind == _PAYLOAD_FEEDBACK and form in (_PLI, _FIR) for kind, form, _ in _packets(compound))


def sender_report_time(compound: bytes) -> tuple[int, int] | None:
    """Return ``(ssrc, middle 32 bits of the NTP time)`` of the first sender report."""
    for kind, _, body in _packets(compound):
        if kind == _SENDER_REPORT and len(body) >= 12:
            ssrc, seconds, fraction = struct.unpack_from("!III", body)
            return ssrc, (seconds & 0xFFFF) << 16 | fraction >> 16
    return None


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _block(reception: Reception) -> bytes:
    lost = max(-(2**23), min(2**23 - 1, reception.packets_lost)) & 0xFFFFFF
    delay = int(reception.delay_since_s * 65536) if reception.last_sender_report else 0
    return struct.pack(
        "!6I",
        reception.ssrc,
        reception.fraction_lost << 24 | lost,
        reception.highest_sequence,
        0,  # jitter: nothing here plays out
        reception.last_sender_report,
        delay,
    )


def _packets(compound: bytes) -> list[tuple[int, int, bytes]]:
    found = []
    while len(compound) >= 4:
        first, kind, words = struct.unpack_from("!BBH", compound)
        end = 4 + 4 * words
        found.append((kind, first & 0x1F, compound[4:end]))
        compound = compound[end:]
    return found
