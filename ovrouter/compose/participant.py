"""One published stream inside the composer: its pictures and its sound, by our time. Cold."""

from __future__ import annotations

from collections import deque

from av import VideoFrame

from ovrouter.compose.canvas import Picture, fitted
from ovrouter.compose.decoding import AUDIO_CODECS, VIDEO_CODECS, AudioDecoder, VideoDecoder
from ovrouter.compose.layout import Cell, Tile
from ovrouter.compose.lettering import placeholder
from ovrouter.compose.timeline import SAMPLE_RATE_HZ, AudioTimeline
from ovrouter.depacketize import MediaFrame

__all__ = ["Participant"]

_USUAL_ASPECT = 16 / 9
_MAX_WAITING = 64
"""Frames, two seconds at 30 per second: a time stamp far ahead of the others must not hold them without end."""


class Participant:
    """Takes coded frames as they come and shows the picture and sound that are due."""

    def __init__(self, name: str, *, is_screen: bool = False, is_video_on: bool = True) -> None:
        self.name = name
        self.is_screen = is_screen
        self.is_video_on = is_video_on
        self.sound = AudioTimeline()
        self._video: VideoDecoder | None = None
        self._audio: AudioDecoder | None = None
        self._waiting: deque[tuple[VideoDecoder, MediaFrame]] = deque()
        # Coded until due: a picture of 720p takes 1.4 MB, its frame some kilobytes.
        self._shown: VideoFrame | None = None

    @property
    def tile(self) -> Tile:
        """Its shape as the layout sees it."""
        if self._shown is None:
            return Tile(_USUAL_ASPECT)
        return Tile(self._shown.width / self._shown.height, self.is_screen)

    @property
    def look(self) -> object:
        """An object that is another one whenever :meth:`picture` is another."""
        return self if self._shown is None else self._shown

    @property
    def awaits_keyframe(self) -> bool:
        """Whether its publisher should be asked for a keyframe."""
        if self._video is None or not self._video.awaits_keyframe:
            return False
        return self.is_video_on and not any(frame.is_keyframe for _, frame in self._waiting)

    def switch_video(self, *, is_on: bool) -> None:
        """The publisher muted or unmuted its camera."""
        self.is_video_on = is_on
        if not is_on:
            self._skip()
            self._shown = None

    def receive(self, frame: MediaFrame) -> None:
        """Take a frame; its time is by the clock that :meth:`advance` is given."""
        if frame.codec in AUDIO_CODECS:
            self._hear(frame)
        elif frame.codec in VIDEO_CODECS:
            self._see(frame)

    def advance(self, due_us: int) -> None:
        """Make the picture of *due_us* the shown one."""
        while self._waiting and self._waiting[0][1].pts_us <= due_us:
            decoder, frame = self._waiting.popleft()
            self._shown = decoder.decode(frame.data, is_keyframe=frame.is_keyframe) or self._shown

    def picture(self, cell: Cell) -> Picture:
        """Return what to paste into *cell*."""
        if self._shown is None:
            return placeholder(self.name, cell.width, cell.height)
        return fitted(self._shown, cell, crop=not self.is_screen)

    def _hear(self, frame: MediaFrame) -> None:
        if self._audio is None or self._audio.codec != frame.codec:
            self._audio = AudioDecoder(frame.codec)
        self.sound.write(frame.pts_us * SAMPLE_RATE_HZ // 1_000_000, self._audio.decode(frame.data))

    def _see(self, frame: MediaFrame) -> None:
        if not self.is_video_on:
            return
        if self._video is None or self._video.codec != frame.codec:
            self._video = VideoDecoder(frame.codec)
        if len(self._waiting) == _MAX_WAITING:
            self._skip()
        self._waiting.append((self._video, frame))

    def _skip(self) -> None:
        self._waiting.clear()
        if self._video is not None:
            self._video.skip()
