import numpy as np
import pytest
from av import VideoFrame

from ovrouter.compose.canvas import Canvas, Picture, copied, fitted
from ovrouter.compose.layout import Cell


def solid(width, height, luma):
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(Picture.of(frame).planes, (luma, 90, 200), strict=True):
        plane[:] = value
    return frame


def luma(canvas):
    return canvas.picture.planes[0]


def test_a_new_canvas_is_black():
    canvas = Canvas(64, 48)
    assert [int(plane.min()) for plane in canvas.picture.planes] == [16, 128, 128]
    assert [int(plane.max()) for plane in canvas.picture.planes] == [16, 128, 128]


def test_a_picture_lands_in_its_cell_and_nowhere_else():
    canvas, cell = Canvas(64, 48), Cell(16, 8, 20, 10)
    canvas.paste(Picture.of(solid(20, 10, 200)), cell)
    assert (luma(canvas)[8:18, 16:36] == 200).all()
    assert (luma(canvas) == 200).sum() == 200
    assert (canvas.picture.planes[2] == 200).sum() == 50


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (641, 479), (100, 100), (16, 9)])
def test_a_cropped_picture_covers_its_cell(size):
    canvas, cell = Canvas(200, 200), Cell(20, 20, 160, 90)
    canvas.paste(fitted(solid(*size, 200), cell, crop=True), cell)
    assert (luma(canvas)[20:110, 20:180] == 200).all()
    assert (luma(canvas) == 200).sum() == cell.area


@pytest.mark.parametrize(("size", "area"), [((640, 360), 160 * 90), ((360, 640), 50 * 90), ((1600, 100), 160 * 10)])
def test_an_uncropped_picture_is_whole_in_the_middle_of_its_cell(size, area):
    canvas, cell = Canvas(200, 200), Cell(20, 20, 160, 90)
    canvas.paste(fitted(solid(*size, 200), cell, crop=False), cell)
    rows, columns = np.nonzero(luma(canvas) > 150)
    assert len(rows) == pytest.approx(area, rel=0.05)
    assert abs(rows.min() + rows.max() - (2 * 20 + 90)) <= 3
    assert abs(columns.min() + columns.max() - (2 * 20 + 160)) <= 3


def test_faces_are_not_stretched():
    """A disc stays a disc in a cell of another shape."""
    y, x = np.mgrid[:360, :640]
    frame = VideoFrame.from_ndarray(
        np.where(((x - 320) ** 2 + (y - 180) ** 2)[..., None] < 100**2, 255, 0).astype(np.uint8).repeat(3, axis=2)
    )
    canvas, cell = Canvas(300, 300), Cell(0, 0, 300, 300)
    canvas.paste(fitted(frame, cell, crop=True), cell)
    rows, columns = np.nonzero(luma(canvas) > 128)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 3


def test_a_copy_keeps_what_the_canvas_loses():
    canvas = Canvas(64, 48)
    canvas.paste(Picture.of(solid(64, 48, 77)), Cell(0, 0, 64, 48))
    copy = copied(canvas.frame)
    canvas.clear(Cell(0, 0, 64, 48))
    assert (Picture.of(copy).planes[0] == 77).all()
    assert (luma(canvas) == 16).all()
