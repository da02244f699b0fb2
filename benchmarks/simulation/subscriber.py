"""A subscriber that reports what arrives and asks for what does not (cold)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import ClassVar, Final

from benchmarks.rtcp import key_frame_request, nack
from benchmarks.simulation.peer import HEADER_BYTES, RTX, TRANSPORT_CC, VIDEO, Peer, is_rtcp
from benchmarks.simulation.publisher import Publisher
from benchmarks.simulation.repair import Repair

__all__ = ["Subscriber"]

FEEDBACK_US: Final = 100_000
ASK_US: Final = 20_000
INDEX: Final = slice(2, 10)
"""Where a payload has its packet's index."""


@dataclass
class Subscriber(Peer):
    """Has transport-wide feedback every 100 ms, NACK, and picture loss indications when asking did not help."""

    transport_cc: ClassVar[int] = TRANSPORT_CC
    received_bytes: int = 0
    delivered_us: dict[int, int] = field(default_factory=dict)
    """Index of the publisher's packet → when it came, by whichever copy."""
    repair: Repair = field(default_factory=Repair)
    _arrivals: dict[int, int] = field(default_factory=dict)
    _highest_transport_wide: int = 0
    _reported: int = 0
    _next_report_us: int = 0
    _next_ask_us: int = 0
    _given_up: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ssrc = 0x5000_0000 + self.number

    def subscribe(self, publisher: Publisher) -> None:
        """Receive the publisher's track."""
        self.core.join_client(self.handle, self.ufrag.encode(), transport_cc=self.transport_cc)
        is_here = publisher.core is self.core
        track = publisher.track if is_here else publisher.core.mirror_up_track(publisher.track, self.core)
        self.down_track = self.core.add_down_track(
            track, self.handle, ssrc=self.ssrc, rtx_ssrc=0x6000_0000 + self.number,
            payload_types=[(VIDEO, VIDEO)], rtx_payload_types=[(VIDEO, RTX)],
        )  # fmt: skip

    # ---------------------------------------------------------------------------------------------- what arrives

    def on_datagram(self, data: bytes, now_us: int) -> None:
        """Note a packet, by its own number and its transport-wide one."""
        packet = None if data[0] < 128 or is_rtcp(data) else self.unprotect(data)
        if packet is None:
            return
        self._note_transport_wide(int.from_bytes(packet[17:19], "big"), now_us)
        payload = packet[HEADER_BYTES:]
        if packet[1] & 0x7F == VIDEO:
            self.received_bytes += len(data)
            self.repair.note(int.from_bytes(packet[2:4], "big"), now_us)
        elif packet[0] & 0x20:
            return  # Probing's padding shows no picture.
        else:
            self.repair.note(int.from_bytes(payload[:2], "big"), now_us)
            payload = payload[2:]
        self.delivered_us.setdefault(int.from_bytes(payload[INDEX], "big"), now_us)

    def _note_transport_wide(self, number: int, now_us: int) -> None:
        sequence = self._highest_transport_wide + ((number - self._highest_transport_wide + 0x8000) & 0xFFFF) - 0x8000
        self._highest_transport_wide = max(self._highest_transport_wide, sequence)
        self._arrivals[sequence] = now_us

    # --------------------------------------------------------------------------------------------- what is told

    def tick(self, now_us: int) -> list[bytes]:
        """The messages that are due."""
        return [self.outbound.protect_rtcp(message) for message in (*self._asking(now_us), *self._reporting(now_us))]

    def _asking(self, now_us: int) -> list[bytes]:
        if now_us < self._next_ask_us:
            return []
        self._next_ask_us = now_us + ASK_US
        wanted = self.repair.due(now_us)
        messages = [nack(1, self.ssrc, wanted[:300])] if wanted else []
        if self.repair.given_up > self._given_up:
            self._given_up = self.repair.given_up
            messages.append(key_frame_request(1, self.ssrc))
        return messages

    def _reporting(self, now_us: int) -> list[bytes]:
        if now_us < self._next_report_us or not self._arrivals:
            return []
        self._next_report_us = now_us + FEEDBACK_US
        # What comes late is told late; that packets between are told again as missing changes nothing.
        first = min(*self._arrivals, self._reported or 1 << 60)
        feedback = _feedback(first, max(self._arrivals) + 1, self._arrivals)
        self._reported = max(self._reported, max(self._arrivals) + 1)
        self._arrivals.clear()
        return [feedback]


def _feedback(first: int, past_last: int, arrivals: dict[int, int]) -> bytes:
    """A transport-wide feedback message with two-bit status vectors and two-byte deltas (section 3.1)."""
    count = past_last - first
    symbols = [2 if sequence in arrivals else 0 for sequence in range(first, past_last)]
    symbols += [0] * (-count % 7)
    chunks = [
        0xC000 | sum(symbol << (12 - 2 * place) for place, symbol in enumerate(symbols[start : start + 7]))
        for start in range(0, len(symbols), 7)
    ]
    times = [arrivals[sequence] // 250 for sequence in range(first, past_last) if sequence in arrivals]
    reference = min(times) // 256
    deltas = [later - earlier for earlier, later in zip([reference * 256, *times], times, strict=False)]
    body = struct.pack(f">{len(chunks)}H{len(deltas)}h", *chunks, *deltas)
    body += bytes(-len(body) % 4)
    head = struct.pack(">IIHH", 1, 2, first & 0xFFFF, count) + reference.to_bytes(3, "big") + b"\0"
    return struct.pack(">BBH", 0x8F, 205, (len(head) + len(body)) // 4) + head + body
