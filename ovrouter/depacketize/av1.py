"""AV1 (the RTP payload format of the Alliance for Open Media, version 1.0). Cold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

__all__ = ["assemble"]

SEQUENCE_HEADER: Final = 1
_TEMPORAL_DELIMITER: Final = 2
_TILE_LIST: Final = 8
_MAX_LEB128_BYTES: Final = 8


class _Incomplete(Exception):
    pass


def assemble(payloads: Sequence[bytes]) -> tuple[bytes, bool] | None:
    """The temporal unit that *payloads* carry, and whether it begins a coded video sequence; None if incomplete.

    The OBUs come out with size fields; delimiters and tile lists, which do not belong into RTP, are left out.
    """
    try:
        units = [unit for unit in _units(payloads) if _kind(unit) not in (_TEMPORAL_DELIMITER, _TILE_LIST)]
        frame = b"".join(_with_size(unit) for unit in units)
    except _Incomplete:
        return None
    return (frame, any(_kind(unit) == SEQUENCE_HEADER for unit in units)) if units else None


def _kind(unit: bytes) -> int:
    return unit[0] >> 3 & 0x0F


def _units(payloads: Sequence[bytes]) -> Iterator[bytes]:
    """OBUs, joined where they were fragmented (section 4.4: the Z and Y bits)."""
    fragment = b""
    for payload in payloads:
        continues, goes_on = payload[:1] >= b"\x80", bool(payload[:1] and payload[0] & 0x40)
        if continues != bool(fragment):
            raise _Incomplete
        elements = list(_elements(payload))
        elements[0] = fragment + elements[0]
        fragment = elements.pop() if goes_on else b""
        yield from elements
    if fragment:
        raise _Incomplete


def _elements(payload: bytes) -> Iterator[bytes]:
    """OBU elements of one packet: each with its length, but for the last one if their number is given (W)."""
    if len(payload) < 2:
        raise _Incomplete
    count = payload[0] >> 4 & 3
    offset = 1
    number = 0
    while offset < len(payload):
        number += 1
        size = len(payload) - offset
        if number != count:
            size, offset = _leb128(payload, offset)
        element = payload[offset : offset + size]
        if size == 0 or len(element) != size:
            raise _Incomplete
        yield element
        offset += size
    if count and number != count:
        raise _Incomplete


def _with_size(unit: bytes) -> bytes:
    """Give an OBU its size field (AV1 bitstream specification, section 5.3)."""
    head = unit[0]
    if head & 0x02:
        return unit
    head_length = 2 if head & 0x04 else 1
    if len(unit) < head_length:
        raise _Incomplete
    return bytes((head | 0x02,)) + unit[1:head_length] + _to_leb128(len(unit) - head_length) + unit[head_length:]


def _leb128(data: bytes, offset: int) -> tuple[int, int]:
    """The number at *offset*, and where it ends."""
    value = 0
    for index, byte in enumerate(data[offset : offset + _MAX_LEB128_BYTES]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, offset + index + 1
    raise _Incomplete


def _to_leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
