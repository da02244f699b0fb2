import numpy as np
import pytest

from ovrouter.compose.canvas import Canvas
from ovrouter.compose.layout import Cell
from ovrouter.compose.lettering import initials, label, placeholder


def test_a_name_is_legible_on_white_and_on_black():
    for background in (16, 235):
        canvas = Canvas(320, 180)
        canvas.picture.planes[0][:] = background
        name = label("Grace Hopper", 320, 180)
        canvas.blend(name, 8, 100)
        width, height = name.size
        below = canvas.picture.planes[0][100 : 100 + height, 8 : 8 + width]
        assert below.max() > 220, "white letters"
        assert np.median(below) < 130, "on a dark bar"
        assert (canvas.picture.planes[0][: 100 - 2] == background).all()


def test_a_long_name_is_shortened_to_two_thirds_of_its_cell():
    assert label("Wolfeschlegelsteinhausenbergerdorff the First " * 9, 320, 180).size[0] <= 320 * 2 // 3 + 28


@pytest.mark.parametrize("name", ["", "  \n ", "\u200b" * 0])
def test_no_name_is_no_label(name):
    assert label(name, 320, 180) is None


def test_a_tiny_cell_has_no_label():
    assert label("Grace", 100, 40) is None


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Grace Brewster Hopper", "GH"), ("ada", "A"), ("", "?"), ("张伟", "张"), ("Ада Лавлейс", "АЛ")],
)
def test_initials_are_those_of_first_and_last_name(name, letters):
    assert initials(name) == letters


def test_a_placeholder_has_the_size_of_its_cell_and_a_disc_with_letters_in_the_middle():
    picture = placeholder("Grace Hopper", 320, 180)
    assert picture.size == (320, 180)
    luma = picture.planes[0]
    assert luma[:20].max() - luma[:20].min() <= 2, "an even border"
    assert luma[70:110, 130:190].max() > 200, "white letters"


def test_people_have_colours_of_their_own():
    first, second = placeholder("Grace", 64, 64), placeholder("Alan", 64, 64)
    assert not np.array_equal(first.planes[1], second.planes[1])
    assert placeholder("Grace", 64, 64) is first


def test_every_cell_size_of_the_layout_can_be_drawn():
    for size in range(2, 200, 2):
        canvas = Canvas(size, size)
        canvas.paste(placeholder("Grace", size, size), Cell(0, 0, size, size))
        name = label("Grace Hopper of New York", size, size)
        if name is not None:
            canvas.blend(name, 0, 0)
