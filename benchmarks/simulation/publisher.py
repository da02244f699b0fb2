"""A publisher whose encoder follows REMB, and who sends again what is asked for (cold)."""

from __future__ import annotations

import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from benchmarks.rtcp import asks_for_key_frame, asks_for_packets, remb_bps
from benchmarks.simulation.peer import RTX, TRANSPORT_CC, VIDEO, Peer, is_rtcp

__all__ = ["Publisher"]

FRAME_US: Final = 33_333
PAYLOAD_BYTES: Final = 1100
START_BPS: Final = 300_000
RAMP_PER_S: Final = 2.0
"""Browsers' own start-up: what they send may double each second until the cap is reached."""
KEPT_PACKETS: Final = 1000


@dataclass
class Publisher(Peer):
    """Sends one layer of video at the rate it is allowed to. Each payload holds its packet's index, from 0."""

    max_bps: int = 1_500_000
    sent_bps: float = START_BPS
    cap_bps: int = 0
    is_paused: bool = False
    keyframe_us: int = 1_000_000
    """Between keyframes that nobody asked for."""
    keyframe_size: float = 1.0
    """Of a keyframe, in other frames."""
    next_frame_us: int = 0
    next_keyframe_us: int = 0
    keyframe_requests: int = 0
    codec: str = "VP8"
    sent_us: list[int] = field(default_factory=list)
    """When each packet was sent."""
    _transport_sequence: int = 0
    _rtx_sequence: int = 0
    _kept: OrderedDict[int, tuple[int, bytes]] = field(default_factory=OrderedDict)
    """16-bit sequence number → timestamp and payload."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ssrc = 0x1000_0000 + self.number
        self.rtx_ssrc = 0x2000_0000 + self.number
        self.cap_bps = self.max_bps
        self.core.set_max_bitrate(self.handle, self.max_bps, has_remb=True)
        self.core.set_extensions(self.handle, transport_cc=TRANSPORT_CC)
        self.track = self.core.add_up_track(is_video=True, clock_rate=90_000)
        self.core.bind_up_track(
            self.track,
            self.handle,
            codecs=[(VIDEO, self.codec, 0), (RTX, "rtx", VIDEO)],
            ssrc=self.ssrc,
            rtx_ssrc=self.rtx_ssrc,
            nack=True,
            pli=True,
        )

    def tick(self, now_us: int) -> list[bytes]:
        """The packets of the frame that is due."""
        if self.is_paused or now_us < self.next_frame_us:
            return []
        self.next_frame_us = max(self.next_frame_us + FRAME_US, now_us)
        self.sent_bps = min(self.sent_bps * RAMP_PER_S ** (FRAME_US / 1e6), self.cap_bps, self.max_bps)
        is_key = now_us >= self.next_keyframe_us
        if is_key:
            self.next_keyframe_us = now_us + self.keyframe_us
        frame_bytes = int(self.sent_bps * FRAME_US / 8e6 * (self.keyframe_size if is_key else 1))
        sizes = [PAYLOAD_BYTES] * (frame_bytes // PAYLOAD_BYTES) + [max(frame_bytes % PAYLOAD_BYTES, 50)]
        return [self._packet(size, index == 0, is_key, now_us) for index, size in enumerate(sizes)]

    def _packet(self, size: int, is_first: bool, is_key: bool, now_us: int) -> bytes:
        sequence, timestamp = len(self.sent_us) & 0xFFFF, now_us * 9 // 100 & 0xFFFFFFFF
        descriptor = bytes([0x10 if is_first else 0, not is_key])
        payload = descriptor + struct.pack(">Q", len(self.sent_us)) + bytes(size - 8)
        self.sent_us.append(now_us)
        self._keep(sequence, timestamp, payload)
        return self._protected(VIDEO, sequence, timestamp, self.ssrc, payload)

    def _keep(self, sequence: int, timestamp: int, payload: bytes) -> None:
        self._kept[sequence] = timestamp, payload
        if len(self._kept) > KEPT_PACKETS:
            self._kept.popitem(last=False)

    def _protected(self, payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
        header = struct.pack(">BBHII", 0x90, payload_type, sequence, timestamp, ssrc)
        extension = struct.pack(">HHBHx", 0xBEDE, 1, (TRANSPORT_CC << 4) | 1, self._transport_sequence & 0xFFFF)
        self._transport_sequence += 1
        return self.outbound.protect(header + extension + payload)

    def on_datagram(self, data: bytes, now_us: int) -> list[bytes]:
        """Obey REMB, make a keyframe when asked, and return what is to be sent again (RFC 4588)."""
        message = self.unprotect(data) if is_rtcp(data) else None
        if message is None:
            return []
        self.cap_bps = remb_bps(message) or self.cap_bps
        if asks_for_key_frame(message):
            self.keyframe_requests += 1
            self.next_keyframe_us = now_us
        return [self._repeated(number) for number in asks_for_packets(message) if number in self._kept]

    def _repeated(self, number: int) -> bytes:
        timestamp, payload = self._kept[number]
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        return self._protected(RTX, self._rtx_sequence, timestamp, self.rtx_ssrc, struct.pack(">H", number) + payload)
