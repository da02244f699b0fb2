"""A publisher of VP9 with three picture sizes and three frame rates in one stream, L3T3 (cold)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from benchmarks.simulation.peer import VIDEO
from benchmarks.simulation.publisher import FRAME_US, PAYLOAD_BYTES, RAMP_PER_S, Publisher

__all__ = ["LayeredPublisher"]

SHARES: Final = (0.1, 0.25, 0.65)
"""Of the bitrate, by picture size."""
TEMPORAL: Final = (0, 2, 1, 2)
MARKER: Final = 0x80


@dataclass
class LayeredPublisher(Publisher):
    """Keyframes come when they are asked for only, and are *keyframe_size* times as large as other frames."""

    codec: str = "VP9"
    keyframe_size: float = 4.0
    _pictures: int = 0

    def tick(self, now_us: int) -> list[bytes]:
        """The packets of the picture that is due."""
        if self.is_paused or now_us < self.next_frame_us:
            return []
        self.next_frame_us = max(self.next_frame_us + FRAME_US, now_us)
        self.sent_bps = min(self.sent_bps * RAMP_PER_S ** (FRAME_US / 1e6), self.cap_bps, self.max_bps)
        is_key = now_us >= self.next_keyframe_us
        if is_key:
            self.next_keyframe_us = 1 << 62
            self._pictures = 0
        picture_bytes = self.sent_bps * FRAME_US / 8e6 * (self.keyframe_size if is_key else 1)
        packets = [
            packet
            for spatial, share in enumerate(SHARES)
            for packet in self._frame(spatial, int(share * picture_bytes), is_key, now_us)
        ]
        self._pictures += 1
        return packets

    def _frame(self, spatial: int, size: int, is_key: bool, now_us: int) -> list[bytes]:
        """Flexible mode of RFC 9628: every picture is a switching point, and leans on one before it."""
        layer = TEMPORAL[self._pictures % len(TEMPORAL)] << 5 | 0x10 | spatial << 1 | (spatial > 0)
        count = max(1, -(-size // PAYLOAD_BYTES))
        packets = []
        for part in range(count):
            is_last = part == count - 1
            flags = 0xB0 | (not is_key) << 6 | (part == 0) << 3 | is_last << 2
            descriptor = bytes([flags, 0x80, self._pictures & 0xFF, layer]) + (b"" if is_key else bytes([2]))
            marker = MARKER if is_last and spatial == len(SHARES) - 1 else 0
            packets.append(self._layer_packet(descriptor, size // count, marker, now_us))
        return packets

    def _layer_packet(self, descriptor: bytes, size: int, marker: int, now_us: int) -> bytes:
        sequence, timestamp = len(self.sent_us) & 0xFFFF, now_us * 9 // 100 & 0xFFFFFFFF
        payload = descriptor + struct.pack(">Q", len(self.sent_us)) + bytes(max(size, 20))
        self.sent_us.append(now_us)
        self._keep(sequence, timestamp, payload)
        return self._protected(VIDEO | marker, sequence, timestamp, self.ssrc, payload)
