"""What the properties of a recording or broadcast ask of the composer. Cold."""

from __future__ import annotations

from ovrouter.compose.orders import Start
from ovrouter.session import RecordingProperties

__all__ = ["start_order"]


def start_order(properties: RecordingProperties, url: str, container: str) -> Start:
    """Return the order that writes to *url*; *container* is one of those that Start names."""
    width, height = (int(size) for size in properties.resolution.split("x")) if properties.has_video else (0, 0)
    return Start(
        url=url,
        container=container,
        width=width,
        height=height,
        frame_rate=properties.frame_rate,
        has_audio=properties.has_audio,
    )
