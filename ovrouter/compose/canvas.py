"""The composed picture: planes of 4:2:0 video that others are pasted into. Cold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from ovrouter.compose.layout import Cell

__all__ = ["PIXEL_FORMAT", "Canvas", "Overlay", "Picture", "copied", "fitted"]

PIXEL_FORMAT = "yuv420p"

Plane = NDArray[np.uint8]

_BLACK = (16, 128, 128)


@dataclass(frozen=True, slots=True)
class Picture:
    """Y, U and V planes, of which U and V have half the width and height."""

    planes: tuple[Plane, Plane, Plane]

    @classmethod
    def of(cls, frame: VideoFrame) -> Picture:
        """Look into a yuv420p frame without copying it."""
        return cls((_plane(frame, 0), _plane(frame, 1), _plane(frame, 2)))

    def crop(self, x: int, y: int, width: int, height: int) -> Picture:
        """Look at a part of it; all numbers are even."""
        luma, u, v = self.planes
        half = np.s_[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
        return Picture((luma[y : y + height, x : x + width], u[half], v[half]))

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        height, width = self.planes[0].shape
        return width, height


@dataclass(frozen=True, slots=True)
class Overlay:
    """A translucent picture: what it adds, and how much (0..256) it leaves of what is below."""

    added: tuple[NDArray[np.uint16], ...]
    kept: tuple[NDArray[np.uint16], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width, height."""
        height, width = self.added[0].shape
        return width, height


class Canvas:
    """A picture that keeps what was drawn until it is drawn over."""

    def __init__(self, width: int, height: int) -> None:
        self.frame = VideoFrame(width, height, PIXEL_FORMAT)
        """Shares its memory with the canvas: give it to an encoder and go on drawing when the encoder has returned."""
        self.picture = Picture.of(self.frame)
        self.clear(Cell(0, 0, width, height))

    def clear(self, cell: Cell) -> None:
        """Blacken *cell*."""
        for plane, value in zip(self._part(cell), _BLACK, strict=True):
            plane[:] = value

    def paste(self, picture: Picture, cell: Cell) -> None:
        """Draw *picture* in the middle of *cell*; what is larger than the cell loses its borders."""
        width, height = picture.size
        shown_width, shown_height = min(width, cell.width), min(height, cell.height)
        shown = picture.crop(_middle(width - shown_width), _middle(height - shown_height), shown_width, shown_height)
        x, y = cell.x + _middle(cell.width - shown_width), cell.y + _middle(cell.height - shown_height)
        for mine, theirs in zip(self._part(Cell(x, y, shown_width, shown_height)), shown.planes, strict=True):
            mine[:] = theirs

    def blend(self, overlay: Overlay, x: int, y: int) -> None:
        """Draw *overlay* with its upper left corner at (*x*, *y*), both even; it must lie inside."""
        width, height = overlay.size
        parts = self._part(Cell(x, y, width, height))
        for plane, added, kept in zip(parts, overlay.added, overlay.kept, strict=True):
            plane[:] = (plane * kept + added) >> 8

    def _part(self, cell: Cell) -> tuple[Plane, Plane, Plane]:
        return self.picture.crop(cell.x, cell.y, cell.width, cell.height).planes


def fitted(frame: VideoFrame, cell: Cell, *, crop: bool) -> Picture:
    """Scale *frame*, its shape unchanged, until it covers *cell* (*crop*) or fits into it."""
    ratios = cell.width / frame.width, cell.height / frame.height
    ratio = max(ratios) if crop else min(ratios)
    width, height = (max(2, round(size * ratio / 2) * 2) for size in (frame.width, frame.height))
    return Picture.of(frame.reformat(width=width, height=height, format=PIXEL_FORMAT, interpolation="BILINEAR"))


def _plane(frame: VideoFrame, index: int) -> Plane:
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _middle(excess: int) -> int:
    return excess // 4 * 2


def copied(frame: VideoFrame) -> VideoFrame:
    """Return a frame with memory of its own."""
    copy = VideoFrame(frame.width, frame.height, PIXEL_FORMAT)
    for mine, theirs in zip(Picture.of(copy).planes, Picture.of(frame).planes, strict=True):
        mine[:] = theirs
    return copy
