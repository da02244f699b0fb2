"""H264 (RFC 6184, packetization modes 0 and 1). Cold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

__all__ = ["assemble"]

START_CODE: Final = b"\x00\x00\x00\x01"
IDR: Final = 5
_STAP_A: Final = 24
_FU_A: Final = 28


class _Incomplete(Exception):
    pass


def assemble(payloads: Sequence[bytes]) -> tuple[bytes, bool] | None:
    """The access unit of *payloads*, with start codes, and whether it has an IDR picture; None if incomplete."""
    try:
        units = list(_units(payloads))
    except _Incomplete:
        return None
    if not units:
        return None
    return b"".join(START_CODE + unit for unit in units), any(unit[0] & 0x1F == IDR for unit in units)


def _units(payloads: Sequence[bytes]) -> Iterator[bytes]:
    fragments: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F if payload else 0
        if bool(fragments) != (kind == _FU_A and len(payload) > 2 and not payload[1] & 0x80):
            raise _Incomplete
        if kind == _FU_A:
            yield from _defragmented(payload, fragments)
        elif kind == _STAP_A:
            yield from _aggregated(payload)
        elif 1 <= kind < _STAP_A:
            yield payload
        else:
            raise _Incomplete
    if fragments:
        raise _Incomplete


def _defragmented(payload: bytes, fragments: list[bytes]) -> Iterator[bytes]:
    """Section 5.8; a unit comes out with its last fragment."""
    if len(payload) < 3:
        raise _Incomplete
    head = payload[1]
    if not fragments:
        fragments.append(bytes(((payload[0] & 0xE0) | (head & 0x1F),)))
    fragments.append(payload[2:])
    if head & 0x40:
        yield b"".join(fragments)
        fragments.clear()


def _aggregated(payload: bytes) -> Iterator[bytes]:
    """Section 5.7.1."""
    offset = 1
    while offset < len(payload):
        size = int.from_bytes(payload[offset : offset + 2])
        unit = payload[offset + 2 : offset + 2 + size]
        if size == 0 or len(unit) != size:
            raise _Incomplete
        yield unit
        offset += 2 + size
