"""What the properties of a recording or broadcast ask of the composer. Cold."""

from __future__ import annotations

from ovrouter.compose.orders import Start
from ovrouter.session import RecordingProperties

__all__ = ["picture_size", "start_order"]


def picture_size(properties: RecordingProperties) -> tuple[int, int]:
    """Return width and height in pixels; zeros without video."""
    if not properties.has_video:
        return 0, 0
    width, height = properties.resolution.split("x")
    return int(width), int(height)


def start_order(properties: RecordingProperties, url: str, container: str) -> Start:
    """Return the order that writes to *url*; *container* is one of those that Start names."""
    width, height = picture_size(properties)
    return Start(
        url=url,
        container=container,
        width=width,
        height=height,
        frame_rate=properties.frame_rate,
        has_audio=properties.has_audio,
    )
