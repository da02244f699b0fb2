"""VP9 (RFC 9628). Cold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["assemble"]


class _Descriptor(NamedTuple):
    length: int
    is_inter: bool
    """Predicted from earlier pictures."""
    begins: bool
    """The frame of a spatial layer begins with this packet."""
    ends: bool


def assemble(payloads: Sequence[bytes]) -> tuple[bytes, bool] | None:
    """The picture that *payloads* carry, and whether it is a keyframe; None if they are not all of a picture.

    Spatial layers become one superframe (VP9 bitstream specification, annex B).
    """
    layers: list[list[bytes]] = []
    is_inter = False
    is_open = False
    for payload in payloads:
        descriptor = _descriptor(payload)
        if descriptor is None or descriptor.begins == is_open:
            return None
        if descriptor.begins:
            is_inter |= descriptor.is_inter and not layers
            layers.append([])
        layers[-1].append(payload[descriptor.length :])
        is_open = not descriptor.ends
    frames = [b"".join(parts) for parts in layers]
    return (_superframe(frames), not is_inter) if frames and not is_open else None


def _superframe(frames: list[bytes]) -> bytes:
    if len(frames) == 1:
        return frames[0]
    marker = bytes((0xC0 | 3 << 3 | (len(frames) - 1),))
    sizes = b"".join(len(frame).to_bytes(4, "little") for frame in frames)
    return b"".join(frames) + marker + sizes + marker


def _descriptor(payload: bytes) -> _Descriptor | None:
    """Section 4.2; None if it is cut short or nothing is behind it."""
    try:
        length = _descriptor_length(payload)
    except IndexError:
        return None
    if length >= len(payload):
        return None
    flags = payload[0]
    return _Descriptor(length, bool(flags & 0x40), bool(flags & 0x08), bool(flags & 0x04))


def _descriptor_length(payload: bytes) -> int:
    """Raises IndexError if the payload ends within."""
    flags = payload[0]
    length = 1
    if flags & 0x80:
        length += 2 if payload[length] & 0x80 else 1
    if flags & 0x20:
        length += 1 if flags & 0x10 else 2
    if flags & 0x50 == 0x50:
        for _ in range(3):
            length += 1
            if not payload[length - 1] & 1:
                break
    if flags & 0x02:
        length += _structure_length(payload, length)
    return length


def _structure_length(payload: bytes, start: int) -> int:
    """The scalability structure (section 4.2.1). Raises IndexError."""
    head = payload[start]
    length = 1
    if head & 0x10:
        length += 4 * ((head >> 5) + 1)
    if head & 0x08:
        pictures = payload[start + length]
        length += 1
        for _ in range(pictures):
            length += 1 + (payload[start + length] >> 2 & 3)
    return length
