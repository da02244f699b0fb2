"""Where each picture stands in the composed one: the BEST_FIT grid. Cold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Cell", "Tile", "best_fit"]

WIDEST, TALLEST = 2 / 1, 1 / 2
"""Aspect ratios (width / height) that a camera's cell may have; beyond them cropping would cut faces off."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture to place."""

    aspect: float
    """Width / height of the picture."""
    is_screen: bool = False
    """A shared screen is shown whole; a camera is cropped to fill its cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the composed picture in pixels; all four numbers are even, as 4:2:0 chroma wants."""

    x: int
    y: int
    width: int
    height: int

    @property
    def aspect(self) -> float:
        """Width / height."""
        return self.width / self.height

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height


def best_fit(tiles: Sequence[Tile], width: int, height: int) -> list[Cell]:
    """Return one cell per tile, in rows from left to right.

    Of all numbers of rows the one is taken whose pictures cover most of the canvas; where several cover as much, the
    one that crops least.
    """
    return max(
        (_grid(tiles, rows, width, height) for rows in range(1, len(tiles) + 1)),
        key=lambda cells: _merit(tiles, cells, width * height),
        default=[],
    )


def visible_fraction(tile: Tile, cell: Cell) -> float:
    """Of a camera: how much of its picture is left by cropping. Of a screen: how much of the cell it fills."""
    return min(tile.aspect / cell.aspect, cell.aspect / tile.aspect)


def _merit(tiles: Sequence[Tile], cells: Sequence[Cell], canvas_area: int) -> tuple[int, float]:
    covered = uncropped = 0.0
    for tile, cell in zip(tiles, cells, strict=True):
        fraction = visible_fraction(tile, cell)
        covered += cell.area * (fraction if tile.is_screen else 1.0)
        uncropped += fraction
    # Steps of a twentieth: a few rows of pixels more are not worth a face.
    return round(covered / canvas_area * 20), uncropped


def _grid(tiles: Sequence[Tile], rows: int, width: int, height: int) -> list[Cell]:
    cells: list[Cell] = []
    tops = _even_steps(height, rows)
    for row, length in enumerate(_row_lengths(len(tiles), rows)):
        lefts = _even_steps(width, length)
        for column in range(length):
            slot = Cell(lefts[column], tops[row], lefts[column + 1] - lefts[column], tops[row + 1] - tops[row])
            cells.append(slot)
        first = len(cells) - length
        cells[first:] = _within_limits(tiles[first:], cells[first:], width)
    return cells


def _within_limits(tiles: Sequence[Tile], row: Sequence[Cell], canvas_width: int) -> Iterator[Cell]:
    """Give a row's cameras cells of a bearable shape, side by side in the middle of the row."""
    if any(tile.is_screen for tile in tiles[: len(row)]):
        yield from row
        return
    widths = [min(cell.width, _even(cell.height * WIDEST)) for cell in row]
    x = _even((canvas_width - sum(widths)) / 2)
    for cell, cell_width in zip(row, widths, strict=True):
        cell_height = min(cell.height, _even(cell_width / TALLEST))
        yield Cell(x, cell.y + _even((cell.height - cell_height) / 2), cell_width, cell_height)
        x += cell_width


def _row_lengths(count: int, rows: int) -> list[int]:
    """Tiles per row; the first rows take one more where they do not divide evenly."""
    length, longer = divmod(count, rows)
    return [length + 1] * longer + [length] * (rows - longer)


def _even_steps(size: int, parts: int) -> list[int]:
    """Borders of *parts* nearly equal parts that lose no pixel of *size*."""
    return [_even(size * part / parts) for part in range(parts)] + [size]


def _even(value: float) -> int:
    return int(value) // 2 * 2
