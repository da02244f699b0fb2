"""VP8 (RFC 7741). Cold."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["assemble"]


def assemble(payloads: Sequence[bytes]) -> tuple[bytes, bool] | None:
    """The frame that *payloads* carry, and whether it is a keyframe; None if they are not all of a frame."""
    parts = []
    for index, payload in enumerate(payloads):
        start = _descriptor_length(payload)
        if start is None or (index == 0) != _is_first(payload):
            return None
        parts.append(payload[start:])
    frame = b"".join(parts)
    # Section 9.1 of RFC 6386: the inverse key frame flag.
    return (frame, not frame[0] & 1) if frame else None


def _is_first(payload: bytes) -> bool:
    """Start of the first partition."""
    return payload[0] & 0x17 == 0x10


def _descriptor_length(payload: bytes) -> int | None:
    """Section 4.2; None if there is nothing behind it."""
    length = 1
    if len(payload) > 1 and payload[0] & 0x80:
        extensions = payload[1]
        length = 2
        if extensions & 0x80:
            length += 2 if len(payload) > 2 and payload[2] & 0x80 else 1
        length += (extensions >> 6 & 1) + bool(extensions & 0x30)
    return length if length < len(payload) else None
