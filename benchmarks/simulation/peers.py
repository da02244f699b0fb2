"""Clients of a simulated core: a publisher whose encoder follows REMB, and a subscriber that reports what arrives."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from typing import Final

import pylibsrtp

from benchmarks.ice import IceAgent
from ovrouter._fastpath import Core

__all__ = ["Publisher", "Subscriber", "join"]

PASSWORD: Final = "p" * 24
PROFILE: Final = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM
VIDEO, RTX = 96, 97
TRANSPORT_CC: Final = 5
"""Id of the header extension, to and from."""
FRAME_US: Final = 33_333
PAYLOAD_BYTES: Final = 1100
START_BPS: Final = 300_000
RAMP_PER_S: Final = 2.0
"""Browsers' own start-up: what they send may double each second until the cap is reached."""
FEEDBACK_US: Final = 100_000


@dataclass
class _Peer:
    core: Core
    number: int

    def __post_init__(self) -> None:
        self.ufrag = f"user{self.number:04}"
        self.address = (bytes([10, 0, self.number >> 8, self.number & 0xFF]), 5000, 0)
        self.handle = self.core.add_transport(self.ufrag.encode(), PASSWORD.encode())
        keys = os.urandom(28), os.urandom(28)
        self.outbound = _session(keys[0], pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self.inbound = _session(keys[1], pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self.core.set_keys(self.handle, PROFILE, *keys)

    def binding_request(self) -> bytes:
        """A connectivity check."""
        agent = IceAgent("peer", PASSWORD)
        agent.set_remote(self.ufrag, PASSWORD)
        return agent.binding_request()

    def check(self, now_us: int) -> None:
        """Renew consent."""
        self.core.receive([(self.binding_request(), self.address)], now_us)


def _session(key: bytes, direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=key, ssrc_type=direction, srtp_profile=PROFILE)
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy=policy)


@dataclass
class Publisher(_Peer):
    """Sends one layer of video at the rate it is allowed to."""

    max_bps: int = 1_500_000
    sent_bps: float = START_BPS
    cap_bps: int = 0
    is_paused: bool = False
    sequence: int = 0
    next_frame_us: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ssrc = 0x1000_0000 + self.number
        self.cap_bps = self.max_bps
        self.core.set_max_bitrate(self.handle, self.max_bps, has_remb=True)
        self.core.set_extensions(self.handle, transport_cc=TRANSPORT_CC)
        self.track = self.core.add_up_track(is_video=True, clock_rate=90_000)
        self.core.bind_up_track(
            self.track,
            self.handle,
            codecs=[(VIDEO, "VP8", 0), (RTX, "rtx", VIDEO)],
            ssrc=self.ssrc,
            nack=True,
            pli=True,
        )

    def tick(self, now_us: int) -> None:
        """Send the frame that is due."""
        if self.is_paused or now_us < self.next_frame_us:
            return
        self.next_frame_us = max(self.next_frame_us + FRAME_US, now_us)
        self.sent_bps = min(self.sent_bps * RAMP_PER_S ** (FRAME_US / 1e6), self.cap_bps, self.max_bps)
        frame_bytes = int(self.sent_bps * FRAME_US / 8e6)
        sizes = [PAYLOAD_BYTES] * (frame_bytes // PAYLOAD_BYTES) + [max(frame_bytes % PAYLOAD_BYTES, 50)]
        packets = [self._packet(size, is_first=index == 0, now_us=now_us) for index, size in enumerate(sizes)]
        self.core.receive([(packet, self.address) for packet in packets], now_us)

    def _packet(self, size: int, *, is_first: bool, now_us: int) -> bytes:
        # Every second a keyframe, as large as any other frame: what its size does to the queue is not asked here.
        is_key = is_first and now_us % 1_000_000 < FRAME_US
        header = struct.pack(">BBHII", 0x90, VIDEO, self.sequence & 0xFFFF, now_us * 9 // 100 & 0xFFFFFFFF, self.ssrc)
        extension = struct.pack(">HHBHx", 0xBEDE, 1, (TRANSPORT_CC << 4) | 1, self.sequence & 0xFFFF)
        self.sequence += 1
        descriptor = b"\x10" if is_first else b"\x00"
        return self.outbound.protect(header + extension + descriptor + (b"\x00" if is_key else b"\x01") + bytes(size))

    def on_datagram(self, data: bytes, now_us: int) -> None:
        """Obey REMB (draft-alvestrand-rmcat-remb-03); everything else that comes back is ignored."""
        if not 192 <= data[1] <= 223:
            return
        message = self.inbound.unprotect_rtcp(data)
        found = message.find(b"REMB")
        if found >= 0:
            (packed,) = struct.unpack(">I", message[found + 4 : found + 8])
            self.cap_bps = (packed & 0x3FFFF) << ((packed >> 18) & 0x3F)


@dataclass
class Subscriber(_Peer):
    """Counts the media that arrives and reports all that does every 100 ms."""

    received_bytes: int = 0
    arrivals: dict[int, int] = field(default_factory=dict)
    reported: int = 0
    next_report_us: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.highest = 0

    def subscribe(self, publisher: Publisher, *, max_bps: int = 0) -> None:
        """Receive the publisher's track."""
        self.core.join_client(self.handle, self.ufrag.encode(), transport_cc=TRANSPORT_CC)
        is_here = publisher.core is self.core
        track = publisher.track if is_here else publisher.core.mirror_up_track(publisher.track, self.core)
        down = self.core.add_down_track(
            track, self.handle, ssrc=0x5000_0000 + self.number, rtx_ssrc=0x6000_0000 + self.number,
            payload_types=[(VIDEO, VIDEO)], rtx_payload_types=[(VIDEO, RTX)],
        )  # fmt: skip
        self.core.set_down_limits(down, max_bps=max_bps)

    def on_datagram(self, data: bytes, now_us: int) -> None:
        """Note the transport-wide number of what arrives."""
        if data[0] < 128 or 192 <= data[1] <= 223:
            return
        packet = self.inbound.unprotect(data)
        if packet[1] & 0x7F == VIDEO:
            # Probing's padding comes as RTX and shows no picture.
            self.received_bytes += len(data)
        (number,) = struct.unpack(">H", packet[17:19])
        sequence = self.highest + ((number - self.highest + 0x8000) & 0xFFFF) - 0x8000
        self.highest = max(self.highest, sequence)
        self.arrivals[sequence] = now_us

    def report(self, now_us: int) -> bytes | None:
        """The feedback message that is due, if any."""
        if now_us < self.next_report_us or not self.arrivals:
            return None
        self.next_report_us = now_us + FEEDBACK_US
        first = min(self.arrivals) if self.reported == 0 else self.reported
        feedback = _feedback(first, max(self.arrivals) + 1, self.arrivals)
        self.reported = max(self.arrivals) + 1
        self.arrivals.clear()
        return self.outbound.protect_rtcp(feedback)


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


def join(source: Core, target: Core, number: int, *, max_bps: int = 1_500_000) -> tuple[Publisher, Subscriber]:
    """One flow: a publisher on *source* and its only subscriber on *target*."""
    publisher, subscriber = Publisher(source, 2 * number, max_bps=max_bps), Subscriber(target, 2 * number + 1)
    subscriber.subscribe(publisher)
    return publisher, subscriber
