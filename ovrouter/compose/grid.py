"""Participants drawn into the cells of the layout, each only when it changes. Cold."""

from __future__ import annotations

from collections.abc import Mapping

from av import VideoFrame

from ovrouter.compose.canvas import Canvas
from ovrouter.compose.layout import Cell, Tile, best_fit
from ovrouter.compose.lettering import label
from ovrouter.compose.participant import Participant

__all__ = ["Grid"]

_MARGIN = 8
"""Pixels between a name and the borders of its cell."""


class Grid:
    """The composed picture."""

    def __init__(self, width: int, height: int) -> None:
        self._canvas = Canvas(width, height)
        self._everything = Cell(0, 0, width, height)
        self._tiles: dict[str, Tile] = {}
        self._cells: dict[str, Cell] = {}
        self._drawn: dict[str, object] = {}

    @property
    def frame(self) -> VideoFrame:
        """The picture; later calls of :meth:`draw` change it."""
        return self._canvas.frame

    def draw(self, participants: Mapping[str, Participant]) -> None:
        """Bring the picture up to date."""
        self._arrange({id_: participant.tile for id_, participant in participants.items()})
        for id_, participant in participants.items():
            if self._drawn.get(id_) is not participant.look:
                self._drawn[id_] = participant.look
                self._draw_cell(participant, self._cells[id_])

    def _arrange(self, tiles: dict[str, Tile]) -> None:
        # The order counts too: cells are given in it.
        if list(tiles.items()) == list(self._tiles.items()):
            return
        self._tiles = tiles
        self._cells = dict(
            zip(tiles, best_fit([*tiles.values()], self._everything.width, self._everything.height), strict=True)
        )
        self._drawn.clear()
        self._canvas.clear(self._everything)

    def _draw_cell(self, participant: Participant, cell: Cell) -> None:
        self._canvas.paste(participant.picture(cell), cell)
        name = label(participant.name, cell.width, cell.height)
        if name is not None:
            self._canvas.blend(name, cell.x + _MARGIN, cell.y + cell.height - _MARGIN - name.size[1])
