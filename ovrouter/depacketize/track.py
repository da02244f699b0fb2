"""One track: packets in, frames out. Cold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ovrouter.depacketize import av1, h264, opus, vp8, vp9
from ovrouter.depacketize.frame import MediaFrame
from ovrouter.depacketize.jitter import JitterBuffer
from ovrouter.depacketize.rtp import RtpPacket, SenderReport
from ovrouter.depacketize.timeline import SenderClock, Timeline

__all__ = ["CODECS", "TrackReader"]

CODECS: Final[dict[str, Callable[[Sequence[bytes]], tuple[bytes, bool] | None]]] = {
    "opus": opus.assemble,
    "VP8": vp8.assemble,
    "VP9": vp9.assemble,
    "H264": h264.assemble,
    "AV1": av1.assemble,
}
REPORT_WAIT_US: Final = 500_000
"""First frames wait so long for a sender report: the router tells at once what it knows."""
MAX_FRAME_PACKETS: Final = 4096
"""A picture of 5 MB; nobody sends such."""


class TrackReader:
    """Joins packets to frames. A frame that lost a packet, and what depends on it, is left out."""

    def __init__(self, codecs: dict[int, str], clock_rate: int, clock: SenderClock) -> None:
        self.codecs = codecs
        """By payload type."""
        self.buffer: JitterBuffer[tuple[RtpPacket, int]] = JitterBuffer()
        self.damaged_frames = 0
        self.wants_keyframe = False
        """Set when frames have to be left out until the next keyframe; for the caller to take back."""
        self._timeline = Timeline(clock, clock_rate)
        self._is_broken = False
        self._packets: list[RtpPacket] = []
        """Of the frame that is coming in."""
        self._arrival_us = 0
        self._first_arrival_us: int | None = None

    def receive(self, packet: RtpPacket, arrival_us: int) -> None:
        """Take a packet, in whatever order they come."""
        if packet.payload and packet.payload_type in self.codecs:
            self.buffer.add(packet.sequence_u16, (packet, arrival_us), arrival_us)
            if self._first_arrival_us is None:
                self._first_arrival_us = arrival_us

    def note_report(self, report: SenderReport, arrival_us: int) -> None:
        """Take a sender report."""
        self._timeline.note_report(report.timestamp, report.ntp_us, arrival_us)

    def frames(self, now_us: int) -> Iterator[MediaFrame]:
        """Whole frames, in order."""
        if self._first_arrival_us is None or not self._knows_time(now_us):
            return
        for (packet, arrival_us), has_gap in self.buffer.take(now_us):
            if has_gap:
                self._packets.clear()
                self._break_off(packet)
            elif self._packets and self._packets[-1].timestamp != packet.timestamp:
                # The sender set no marker on the last packet of the frame before.
                yield from self._finish()
            self._add(packet, arrival_us)
            if packet.marker or self.codecs[packet.payload_type] == "opus":
                yield from self._finish()

    def _knows_time(self, now_us: int) -> bool:
        return self._timeline.is_exact or now_us - (self._first_arrival_us or 0) >= REPORT_WAIT_US

    def _add(self, packet: RtpPacket, arrival_us: int) -> None:
        if not self._packets:
            self._arrival_us = arrival_us
        if len(self._packets) < MAX_FRAME_PACKETS:
            self._packets.append(packet)

    def _finish(self) -> Iterator[MediaFrame]:
        packet = self._packets[0]
        codec = self.codecs.get(packet.payload_type, "")
        assembled = CODECS[codec]([packet.payload for packet in self._packets]) if codec else None
        self._packets.clear()
        if assembled is None:
            self.damaged_frames += 1
            self._break_off(packet)
            return
        data, is_keyframe = assembled
        if is_keyframe:
            self._is_broken = False
        if not self._is_broken:
            yield MediaFrame(codec, data, self._timeline.pts_us(packet.timestamp, self._arrival_us), is_keyframe)

    def _break_off(self, packet: RtpPacket) -> None:
        """Later pictures lean on the one that is missing; sound does not."""
        if self.codecs.get(packet.payload_type) != "opus":
            self._is_broken = True
            self.wants_keyframe = True
