"""Names, and a picture for who sends none, drawn with Pillow once and kept. Cold."""

from __future__ import annotations

import colorsys
import zlib
from functools import lru_cache

import numpy as np
from av import VideoFrame
from PIL import Image, ImageDraw, ImageFont

from ovrouter.compose.canvas import PIXEL_FORMAT, Overlay, Picture

__all__ = ["initials", "label", "placeholder"]

_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSans-Regular.ttf", "DejaVuSans.ttf")
"""The widest alphabets first; without any of them Pillow's own font serves, which knows Latin letters."""

_CARD = (32, 33, 36)
_LABEL_ALPHA = 0.6
_MAX_SHOWN_CHARACTERS = 60


@lru_cache(maxsize=256)
def label(name: str, cell_width: int, cell_height: int) -> Overlay | None:
    """Return *name* in white on a dark translucent bar for a cell's corner; None if there is no room or no name."""
    size = max(14, min(28, cell_height // 18))
    font, text = _font(size), _shortened(name, size, cell_width * 2 // 3)
    if not text or cell_height < 4 * size:
        return None
    width, height = _even(font.getlength(text) + size), _even(size * 1.6)
    ink = Image.new("L", (width, height), 0)
    ImageDraw.Draw(ink).text((width / 2, height / 2), text, fill=255, font=font, anchor="mm")
    bar = Image.new("L", (width, height), 0)
    ImageDraw.Draw(bar).rounded_rectangle((0, 0, width - 1, height - 1), height // 4, fill=255)
    return _overlay(np.asarray(ink, np.float32) / 255, np.asarray(bar, np.float32) / 255)


@lru_cache(maxsize=64)
def placeholder(name: str, width: int, height: int) -> Picture:
    """Return a dark card with the initials of *name* in a disc whose colour is the name's own."""
    card = Image.new("RGB", (width, height), _CARD)
    draw, radius = ImageDraw.Draw(card), min(width, height) // 5
    centre = width / 2, height / 2
    draw.circle(centre, radius, fill=_colour(name))
    draw.text(centre, initials(name), fill="white", font=_font(max(8, radius * 4 // 5)), anchor="mm")
    return Picture.of(VideoFrame.from_ndarray(np.asarray(card), format="rgb24").reformat(format=PIXEL_FORMAT))


def initials(name: str) -> str:
    """Return the first letters of the first and the last word; ``?`` if there is none."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def _overlay(ink: np.ndarray, bar: np.ndarray) -> Overlay:
    """Turn the coverage (0..1) of text and bar into planes of white on black."""
    opacity = np.maximum(bar * _LABEL_ALPHA, ink)
    luma = 16 * (opacity - ink) + 235 * ink
    halved = opacity.reshape(opacity.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
    grey = 128 * halved
    return Overlay(
        tuple((plane * 256).astype(np.uint16) for plane in (luma, grey, grey)),
        tuple(np.rint((1 - plane) * 256).astype(np.uint16) for plane in (opacity, halved, halved)),
    )


def _shortened(name: str, size: int, room: int) -> str:
    font, text = _font(size), " ".join(name.split())[:_MAX_SHOWN_CHARACTERS]
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _colour(name: str) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(zlib.crc32(name.encode("utf-8", "replace")) % 360 / 360, 0.4, 0.5)
    return round(red * 255), round(green * 255), round(blue * 255)


def _even(value: float) -> int:
    return int(value) // 2 * 2
