"""What comes over one tap: a description of its tracks, RTP packets, sender reports. Cold.

``ovrouter/media/tap.py`` is the other end. A message that begins with ``{`` is the description, in JSON::

    {"tap_id": "…", "tracks": [{"kind": "audio", "ssrc": 1, "formats": [
        {"payload_type": 111, "codec": "opus", "clock_rate": 48000, "channels": 2, "fmtp": "…"}]}]}

It comes first, and again whenever the stream is published anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from ovrouter.depacketize.frame import MediaFrame
from ovrouter.depacketize.rtp import is_rtcp, parse_rtp, parse_sender_report
from ovrouter.depacketize.timeline import SenderClock
from ovrouter.depacketize.track import CODECS, TrackReader

__all__ = ["TapReader"]

_NEVER_US: Final = 2**62
"""A time by which everything that is waited for has been given up."""


class TapReader:
    """One tap's messages in, frames of its tracks out.

    Times are microseconds of one clock of the caller's choice (Unix time, if different taps are to be compared).
    """

    def __init__(self) -> None:
        self.tap_id: str | None = None
        """As the description says; None before it came."""
        self.kinds: tuple[str, ...] = ()
        """``audio`` and ``video``, as far as described."""
        self.malformed_messages = 0
        self._clock = SenderClock()
        self._tracks: dict[int, TrackReader] = {}
        """By SSRC."""

    def receive(self, message: bytes, now_us: int) -> None:
        """Take one message of the tap's connection, which came in now."""
        if message[:1] == b"{":
            self._describe(message)
        elif is_rtcp(message):
            self._receive_report(message, now_us)
        else:
            packet = parse_rtp(message)
            track = None if packet is None else self._tracks.get(packet.ssrc)
            if packet is None or track is None:
                self.malformed_messages += 1
            else:
                track.receive(packet, now_us)

    def frames(self, now_us: int) -> Iterator[MediaFrame]:
        """Whole frames of all tracks; those of one track are in order. To be asked at least every 100 ms."""
        for track in self._tracks.values():
            yield from track.frames(now_us)

    def last_frames(self) -> Iterator[MediaFrame]:
        """What is left once the tap has ended, and nothing missing can come any more."""
        return self.frames(_NEVER_US)

    def take_keyframe_wish(self) -> bool:
        """Whether a keyframe is needed to go on (packets were lost for good); told once for each loss."""
        wishes = [track for track in self._tracks.values() if track.wants_keyframe]
        for track in wishes:
            track.wants_keyframe = False
        return bool(wishes)

    def _describe(self, message: bytes) -> None:
        try:
            described = json.loads(message)
            tracks = {track["ssrc"]: _formats(track) for track in described["tracks"]}
            self.kinds = tuple(str(track["kind"]) for track in described["tracks"])
            self.tap_id = str(described["tap_id"])
        except (ValueError, LookupError, TypeError):
            self.malformed_messages += 1
            return
        for ssrc, (codecs, clock_rate) in tracks.items():
            if ssrc in self._tracks:
                self._tracks[ssrc].codecs = codecs
            else:
                self._tracks[ssrc] = TrackReader(codecs, clock_rate, self._clock)

    def _receive_report(self, message: bytes, now_us: int) -> None:
        report = parse_sender_report(message)
        if report is not None and report.ssrc in self._tracks:
            self._tracks[report.ssrc].note_report(report, now_us)


def _formats(track: dict[str, Any]) -> tuple[dict[int, str], int]:
    """Codecs by payload type, and the clock rate that they share."""
    known = [each for each in track["formats"] if each["codec"] in CODECS]
    return {each["payload_type"]: each["codec"] for each in known}, max(int(known[0]["clock_rate"]), 1)
