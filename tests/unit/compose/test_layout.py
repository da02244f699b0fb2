import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovrouter.compose.layout import TALLEST, WIDEST, Cell, Tile, best_fit

CAMERA = Tile(16 / 9)
SCREEN = Tile(16 / 9, is_screen=True)

SIZES = st.integers(50, 999).map(lambda half: 2 * half)
TILES = st.lists(st.builds(Tile, st.floats(0.3, 4), st.booleans()), min_size=1, max_size=30)


def test_nobody_needs_no_cell():
    assert best_fit([], 1280, 720) == []


def test_one_camera_fills_the_canvas():
    assert best_fit([CAMERA], 1280, 720) == [Cell(0, 0, 1280, 720)]


def test_four_cameras_stand_two_by_two_without_any_cropping():
    assert best_fit([CAMERA] * 4, 1280, 720) == [
        Cell(0, 0, 640, 360),
        Cell(640, 0, 640, 360),
        Cell(0, 360, 640, 360),
        Cell(640, 360, 640, 360),
    ]


def test_two_cameras_stand_side_by_side_on_a_wide_canvas_and_one_above_the_other_on_a_tall_one():
    assert best_fit([CAMERA] * 2, 1280, 720) == [Cell(0, 0, 640, 720), Cell(640, 0, 640, 720)]
    assert best_fit([CAMERA] * 2, 720, 1280) == [Cell(0, 0, 720, 640), Cell(0, 640, 720, 640)]


@pytest.mark.parametrize("count", range(1, 17))
def test_cameras_leave_no_border_on_an_ordinary_canvas(count):
    assert sum(cell.area for cell in best_fit([CAMERA] * count, 1280, 720)) >= 0.97 * 1280 * 720


def test_a_screen_beside_a_camera_gets_a_whole_slot():
    cells = best_fit([SCREEN, CAMERA], 1280, 720)
    assert sum(cell.area for cell in cells) == 1280 * 720


@given(TILES, SIZES, SIZES)
def test_cells_are_even_lie_inside_and_do_not_overlap(tiles, width, height):
    cells = best_fit(tiles, width, height)
    assert len(cells) == len(tiles)
    for cell in cells:
        assert all(number % 2 == 0 for number in (cell.x, cell.y, cell.width, cell.height))
        assert 0 <= cell.x <= cell.x + cell.width <= width
        assert 0 <= cell.y <= cell.y + cell.height <= height
    for index, one in enumerate(cells):
        for other in cells[index + 1 :]:
            assert (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )


@given(st.lists(st.builds(Tile, st.floats(0.3, 4)), min_size=1, max_size=16), SIZES, SIZES)
def test_cells_of_cameras_keep_a_bearable_shape(tiles, width, height):
    for cell in best_fit(tiles, width, height):
        # An even pixel more or less, as cells are rounded.
        assert cell.width <= cell.height * WIDEST
        assert cell.height <= cell.width / TALLEST
