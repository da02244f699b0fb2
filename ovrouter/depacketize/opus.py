"""Opus (RFC 7587): a payload is a packet of the codec. Cold."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["assemble"]


def assemble(payloads: Sequence[bytes]) -> tuple[bytes, bool] | None:
    """The only one of *payloads*; every Opus packet can be decoded alone."""
    return (payloads[0], True) if len(payloads) == 1 and payloads[0] else None
