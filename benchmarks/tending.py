"""What a browser's peer does besides media: consent checks, RTCP, answers to what the router asks (cold).

Each class turns the time and the datagrams of one peer into datagrams to send; nothing here knows a socket.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass

from pylibsrtp import Error

from benchmarks import rtcp
from benchmarks._load import LoadLoop
from benchmarks.peer import Peer
from benchmarks.routers.contract import Publisher, Subscriber

__all__ = ["Tended", "TendedPublisher", "TendedSubscriber"]

CONSENT_INTERVAL_S = 2.5
"""Chromium checks each 2.6 s (RFC 7675: about 5 s)."""
REPORT_INTERVAL_S = 1.0
REMB_BPS = 1_000_000_000
"""The subscribers' estimate: their path is a loopback interface and no limit of the test."""
SUBSCRIBER_SSRC = 1
"""As Chromium's receive-only peers name themselves."""


class Tended(ABC):
    """One peer's part that is the same both ways: STUN and the clock."""

    def __init__(self, peer: Peer, loop: LoadLoop, index: int) -> None:
        self.peer = peer
        self._loop = loop
        self._index = index
        self._outbound = peer.outbound()
        self._inbound = peer.inbound()
        # Spread, as peers that joined one after the other are.
        self._consent_due_s = random.uniform(0, CONSENT_INTERVAL_S)
        self._report_due_s = random.uniform(0, REPORT_INTERVAL_S)

    def due(self, now_s: float, utc_s: float) -> list[bytes]:
        """Return what the clock asks for; *now_s* counts from the start of the generator."""
        datagrams = []
        if now_s >= self._consent_due_s:
            self._consent_due_s = now_s + CONSENT_INTERVAL_S
            datagrams.append(self.peer.ice.binding_request())
        if now_s >= self._report_due_s:
            self._report_due_s = now_s + REPORT_INTERVAL_S
            report = self.report(now_s, utc_s)
            datagrams += [self._outbound.protect_rtcp(report)] if report else []
        return datagrams

    def receive(self, data: bytes, now_s: float) -> bytes | None:
        """Take a datagram that is not RTP; returns an answer to send."""
        if data[0] <= 3 and self.peer.ice.nominated:
            return self.peer.ice.receive(data, self.peer.ice.nominated)
        if 128 <= data[0] <= 191:
            try:
                self.heed(self._inbound.unprotect_rtcp(data), now_s)
            except (Error, ValueError):  # ValueError: the kernel joined several, which is more than pylibsrtp takes
                return None
        return None

    @abstractmethod
    def report(self, now_s: float, utc_s: float) -> bytes:
        """Return the RTCP that is due, empty if there is nothing to report yet."""

    @abstractmethod
    def heed(self, compound: bytes, now_s: float) -> None:
        """Take the router's RTCP."""


class TendedPublisher(Tended):
    """Sends sender reports and heeds key-frame requests."""

    def __init__(self, publisher: Publisher, loop: LoadLoop, index: int) -> None:
        super().__init__(publisher.peer, loop, index)
        self._publisher = publisher

    def report(self, now_s: float, utc_s: float) -> bytes:
        """Return a sender report of each stream."""
        video_packets, video_bytes, audio_packets, audio_bytes, video_time, audio_time = self._loop.sent(self._index)
        if not video_packets:
            return b""
        video = rtcp.sender_report(self._publisher.video.ssrc, utc_s, video_time, video_packets, video_bytes)
        return video + rtcp.sender_report(self._publisher.audio.ssrc, utc_s, audio_time, audio_packets, audio_bytes)

    def heed(self, compound: bytes, now_s: float) -> None:
        """Have a key frame sent if the router asks for one."""
        if rtcp.asks_for_key_frame(compound):
            self._loop.request_key_frame(self._index)


@dataclass(slots=True)
class _Reported:
    """What the last report on one stream said."""

    expected: int = 0
    received: int = 0
    sender_report: int = 0
    sender_report_at_s: float = 0.0


class TendedSubscriber(Tended):
    """Sends receiver reports and REMB."""

    def __init__(self, subscriber: Subscriber, loop: LoadLoop, index: int) -> None:
        super().__init__(subscriber.peer, loop, index)
        self._reported: dict[int, _Reported] = {}

    def report(self, now_s: float, utc_s: float) -> bytes:
        """Return a receiver report on both streams, with a REMB that limits nothing."""
        streams = self._loop.reception(self._index)
        if not streams:
            return b""
        blocks = [self._block(now_s, *stream) for stream in streams]
        estimate = rtcp.remb(SUBSCRIBER_SSRC, [block.ssrc for block in blocks], REMB_BPS)
        return rtcp.receiver_report(SUBSCRIBER_SSRC, blocks) + estimate

    def heed(self, compound: bytes, now_s: float) -> None:
        """Keep the time of the router's sender report, from which it computes the round trip."""
        report = rtcp.sender_report_time(compound)
        if report is not None:
            last = self._reported.setdefault(report[0], _Reported())
            last.sender_report, last.sender_report_at_s = report[1], now_s

    def _block(self, now_s: float, ssrc: int, expected: int, received: int, highest: int) -> rtcp.Reception:
        last = self._reported.setdefault(ssrc, _Reported())
        expected_now, received_now = expected - last.expected, received - last.received
        last.expected, last.received = expected, received
        lost_now = max(0, expected_now - received_now)
        return rtcp.Reception(
            ssrc=ssrc,
            fraction_lost=min(255, 256 * lost_now // expected_now) if expected_now > 0 else 0,
            packets_lost=expected - received,
            highest_sequence=highest,
            last_sender_report=last.sender_report,
            delay_since_s=now_s - last.sender_report_at_s,
        )
