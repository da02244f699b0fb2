"""DTLS 1.2 record headers (RFC 6347, section 4.1), without a look inside (cold)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

__all__ = ["carries_handshake", "into_datagrams", "is_well_formed"]

HEADER_BYTES: Final = 13
"""type (1), version (2), epoch (2), sequence number (6), length (2)."""
MAX_FRAGMENT_BYTES: Final = 2**14 + 2048
"""The longest protected fragment a record may have."""

_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE = 20, 21, 22
# Application data is left out: DTLS-SRTP has none without data channels, which we do not negotiate.
_TYPES: Final = frozenset({_CHANGE_CIPHER_SPEC, _ALERT, _HANDSHAKE})
_VERSIONS: Final = frozenset({b"\xfe\xff", b"\xfe\xfd"})  # DTLS 1.0, which a ClientHello may say, and 1.2


def is_well_formed(datagram: bytes) -> bool:
    """Whether the datagram is one or more whole records of the types and versions we use, and nothing else."""
    offset = 0
    while offset < len(datagram):
        header = datagram[offset : offset + HEADER_BYTES]
        if len(header) < HEADER_BYTES or header[0] not in _TYPES or header[1:3] not in _VERSIONS:
            return False
        length = _fragment_bytes(header)
        if not 0 < length <= MAX_FRAGMENT_BYTES:
            return False
        offset += HEADER_BYTES + length
    return offset == len(datagram) > 0


def carries_handshake(datagram: bytes) -> bool:
    """Whether any record of a well-formed datagram is a handshake record."""
    return any(record[0] == _HANDSHAKE for record in _records(datagram))


def into_datagrams(flight: bytes, mtu_bytes: int) -> list[bytes]:
    """Pack the records of a flight into as few datagrams as hold them; a larger record gets one of its own."""
    datagrams: list[bytes] = []
    for record in _records(flight):
        if datagrams and len(datagrams[-1]) + len(record) <= mtu_bytes:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams


def _records(data: bytes) -> Iterator[bytes]:
    offset = 0
    while offset < len(data):
        end = offset + HEADER_BYTES + _fragment_bytes(data[offset : offset + HEADER_BYTES])
        yield data[offset:end]
        offset = end


def _fragment_bytes(header: bytes) -> int:
    return int.from_bytes(header[11:13], "big")
