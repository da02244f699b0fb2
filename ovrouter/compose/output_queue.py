"""What the composer made and the encoding thread has not taken yet (warm)."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator

from av import VideoFrame

from ovrouter.compose.canvas import copied
from ovrouter.compose.timeline import Samples
from ovrouter.compose.writing import ContainerWriter

__all__ = ["OutputQueue", "Write"]

Write = Callable[[ContainerWriter], None]

_MAX_WAITING = 120
"""Pictures and blocks of sound, 1.4 MB each picture of 720p; one or two seconds."""


class OutputQueue:
    """A :class:`~ovrouter.compose.composer.Sink` that another thread empties.

    A file loses nothing: the composition waits while the queue is full. A live stream never waits: it loses pictures
    when half of the queue is full, which lowers the frame rate, and sound only when it is full.
    """

    def __init__(self, size: tuple[int, int] | None, frame_rate: int, *, is_live: bool) -> None:
        self.size = size
        self.frame_rate = frame_rate
        self.left_out = 0
        """Pictures and blocks that a live stream lost."""
        self._is_live = is_live
        self._waiting: queue.Queue[Write | None] = queue.Queue(0 if is_live else _MAX_WAITING)

    def write_picture(self, frame: VideoFrame, index: int) -> None:
        """Take a copy of the picture."""
        if self._has_room(_MAX_WAITING // 2):
            copy = copied(frame)
            self._waiting.put(lambda writer: writer.write_picture(copy, index))

    def write_sound(self, samples: Samples, position: int) -> None:
        """Take the samples, which nobody may change after."""
        if self._has_room(_MAX_WAITING):
            self._waiting.put(lambda writer: writer.write_sound(samples, position))

    def end(self) -> None:
        """Nothing follows."""
        self._waiting.put(None)

    def clear(self) -> None:
        """Lose what waits; a live stream goes on with what comes now."""
        while self._waiting.qsize() > 1:
            self._waiting.get()

    def drain(self) -> None:
        """Lose all to the end."""
        for _ in self:
            pass

    def __iter__(self) -> Iterator[Write]:
        """What is to be written, as it comes, until the end."""
        while (write := self._waiting.get()) is not None:
            yield write

    def _has_room(self, limit: int) -> bool:
        if self._is_live and self._waiting.qsize() >= limit:
            self.left_out += 1
            return False
        return True
