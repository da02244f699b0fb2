"""One stream's frames into files: one, unless the stream itself changes its tracks on the way (warm)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import av

from ovrouter.depacketize import MediaFrame
from ovrouter.recorder.mux import MatroskaFile, suffix_for

__all__ = ["Report", "StreamWriter", "free_stem"]

_log = logging.getLogger("ovrouter.recorder")

Report = Callable[[dict[str, Any]], None]

TRACKS_WAIT_US: Final = 1_500_000
"""How long the first track's frames wait for the first frame of the other: a file cannot get tracks later."""

TICK_US: Final = 1000
"""Of the file's clock. Two frames of a track at one time would be an error to players."""


class StreamWriter:
    """Makes files in a folder and reports ``opened`` and ``closed`` for each.

    Raises OSError where the disk does; then :meth:`close` still has to be called.
    """

    def __init__(self, folder: Path, stream_id: str, report: Report) -> None:
        self.stream_id = stream_id
        self.wants_keyframe = False
        """Set when a new file waits for one; for the caller to take back."""
        self._folder = folder
        self._report = report
        self._waiting: list[MediaFrame] = []
        """Frames for a file that is not open yet."""
        self._waits_since_us = 0
        self._file: _OpenFile | None = None

    def take(self, frames: Iterable[MediaFrame], kinds: int, now_us: int) -> None:
        """Write *frames*, in order of time. The stream is said to have so many *kinds* of track."""
        for frame in sorted(frames, key=lambda frame: frame.pts_us):
            self._take(frame, now_us)
        if self._waiting and (self._has_all(kinds) or now_us - self._waits_since_us >= TRACKS_WAIT_US):
            self._open()

    def _take(self, frame: MediaFrame, now_us: int) -> None:
        if self._file is not None:
            if frame.codec in self._file.codecs:
                self._file.write(frame)
                return
            # Another codec, or a track that was silent when the file began.
            self.close()
        if not frame.is_keyframe and all(other.codec != frame.codec for other in self._waiting):
            self.wants_keyframe = True
            return
        if not self._waiting:
            self._waits_since_us = now_us
        self._waiting.append(frame)

    def _has_all(self, kinds: int) -> bool:
        return len({frame.codec for frame in self._waiting}) >= kinds

    def _open(self) -> None:
        first = {frame.codec: frame for frame in reversed(self._waiting)}
        video = next((codec for codec in first if codec != "opus"), None)
        path = self._folder / (free_stem(self._folder, self.stream_id) + suffix_for(video))
        waiting, self._waiting = self._waiting, []
        try:
            self._file = _OpenFile(path, list(first.values()), min(frame.pts_us for frame in waiting))
        except (av.InvalidDataError, av.ArgumentError):
            # The keyframe is damaged, in a way that only a decoder sees.
            path.unlink(missing_ok=True)
            self.wants_keyframe = True
            return
        self._tell("opened", self._file)
        for frame in waiting:
            self._file.write(frame)

    def close(self) -> None:
        """End the file at hand; frames that still wait for one get it."""
        if self._waiting:
            self._open()
        if self._file is not None:
            file, self._file = self._file, None
            file.close()
            self._tell("closed", file)

    def _tell(self, event: str, file: _OpenFile) -> None:
        self._report({"event": event, "stream_id": self.stream_id, **file.description()})


class _OpenFile:
    """A file, and what its metadata will say of it."""

    def __init__(self, path: Path, first_frames: list[MediaFrame], start_us: int) -> None:
        self.codecs = {frame.codec for frame in first_frames}
        self._path = path
        self._start_us = self._end_us = start_us
        self._next_us: dict[str, int] = {}
        """The earliest time of a track's next frame, by codec."""
        self._muxed = MatroskaFile(path, first_frames)

    def write(self, frame: MediaFrame) -> None:
        offset_us = max(frame.pts_us - self._start_us, self._next_us.get(frame.codec, 0))
        self._muxed.write(frame, offset_us)
        self._next_us[frame.codec] = offset_us + TICK_US
        self._end_us = max(self._end_us, frame.pts_us)

    def close(self) -> None:
        self._muxed.close()

    def description(self) -> dict[str, Any]:
        """Times are Unix milliseconds."""
        return {
            "name": self._path.name,
            "has_audio": "opus" in self.codecs,
            "has_video": bool(self.codecs - {"opus"}),
            "start_ms": self._start_us // 1000,
            "end_ms": self._end_us // 1000,
            "size_bytes": self._path.stat().st_size,
        }


def free_stem(folder: Path, stream_id: str) -> str:
    """*stream_id*, or with ``-1``, ``-2`` … the first that no file in *folder* has as its name without extension."""
    taken = {path.stem for path in folder.iterdir()}
    number = 0
    stem = stream_id
    while stem in taken:
        number += 1
        stem = f"{stream_id}-{number}"
    return stem
