"""How to record and to broadcast (cold)."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ovrouter.rest.schema.body import Integer, MediaNodeSelector, OutOfRange
from ovrouter.session import RecordingProperties

__all__ = [
    "BroadcastBody",
    "BroadcastStopBody",
    "CompositionBody",
    "RecordedSession",
    "RecordingBody",
    "StartRecordingBody",
]

MIN_FRAME_RATE, MAX_FRAME_RATE = 1, 120
MIN_SHM_BYTES = 128 * 1024 * 1024
"""Below, the composing browser crashes."""
MAX_SHM_BYTES = 2**53 - 1
"""The largest integer that every JSON parser reads exactly (RFC 8259, section 6)."""
RESOLUTION = r"([1-9][0-9]{2}|1[0-9]{3})x([1-9][0-9]{2}|1[0-9]{3})"

_DEFAULTS = RecordingProperties()
_PROPERTIES = frozenset(field.name for field in fields(RecordingProperties))
_RESOLUTION = re.compile(RESOLUTION)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#\x00-\x1f\x7f]+[^\s\x00-\x1f\x7f]*")

# Ranges are documented by the schema, but checked here: where they matter they are answered 422, wrong types 400.
FrameRate = Annotated[Integer, Meta(extra_json_schema={"minimum": MIN_FRAME_RATE, "maximum": MAX_FRAME_RATE})]
ShmSize = Annotated[Integer, Meta(extra_json_schema={"minimum": MIN_SHM_BYTES, "maximum": MAX_SHM_BYTES})]
Resolution = Annotated[str, Meta(extra_json_schema={"pattern": f"^{RESOLUTION}$"})]


class CompositionBody(Struct, rename="camel"):
    """What one picture and one sound are made of."""

    has_audio: bool | None = None
    has_video: bool | None = None
    recording_layout: (
        Literal["BEST_FIT", "CUSTOM", "PICTURE_IN_PICTURE", "VERTICAL_PRESENTATION", "HORIZONTAL_PRESENTATION"] | None
    ) = None
    custom_layout: str | None = None
    resolution: Resolution | None = None
    frame_rate: FrameRate | None = None
    shm_size: ShmSize | None = None
    media_node: MediaNodeSelector | None = None

    def to_properties(self, defaults: RecordingProperties = _DEFAULTS) -> RecordingProperties:
        """Take what is not given from *defaults*. Raises OutOfRange."""
        given = {name: getattr(self, name) for name in _PROPERTIES.intersection(self.__struct_fields__)}
        given |= {name: int(given[name]) for name in ("frame_rate", "shm_size") if given[name] is not None}
        given["media_node_id"] = self.media_node.id if self.media_node else None
        return _checked(replace(defaults, **{name: value for name, value in given.items() if value is not None}))


class RecordingBody(CompositionBody, kw_only=True, rename="camel"):
    """How to record."""

    name: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_~-]*\Z")] | None = None
    output_mode: Literal["COMPOSED", "INDIVIDUAL", "COMPOSED_QUICK_START"] | None = None
    ignore_failed_streams: bool | None = None


class RecordedSession(Struct):
    """Which Session to record; checked before anything else is looked at."""

    session: str


class StartRecordingBody(RecordingBody, kw_only=True, rename="camel"):
    """What to record, and how; what is not given is the Session's default."""

    session: str


class BroadcastBody(CompositionBody, kw_only=True, rename="camel"):
    """What to broadcast, and where to."""

    session: str
    broadcast_url: str

    def __post_init__(self) -> None:
        """Raise ValueError, which decoding reports, unless ``broadcastUrl`` is a URL."""
        if not _URL.fullmatch(self.broadcast_url):
            raise ValueError("Parameter 'broadcastUrl' is not a URL, such as rtmp://host/application/key")

    @property
    def scheme(self) -> str:
        """Of the URL, in lower case."""
        return self.broadcast_url.partition(":")[0].lower()


class BroadcastStopBody(Struct):
    """Whose broadcast to stop."""

    session: str


def _checked(properties: RecordingProperties) -> RecordingProperties:
    if not (properties.has_audio or properties.has_video):
        raise OutOfRange("Parameters 'hasAudio' and 'hasVideo' cannot both be false")
    if not MIN_FRAME_RATE <= properties.frame_rate <= MAX_FRAME_RATE:
        raise OutOfRange(f"Parameter 'frameRate' must be from {MIN_FRAME_RATE} to {MAX_FRAME_RATE}")
    if not MIN_SHM_BYTES <= properties.shm_size <= MAX_SHM_BYTES:
        raise OutOfRange(f"Parameter 'shmSize' must be at least {MIN_SHM_BYTES} (bytes)")
    is_composed_video = properties.output_mode != "INDIVIDUAL" and properties.has_video
    if is_composed_video and not _RESOLUTION.fullmatch(properties.resolution):
        raise OutOfRange("Parameter 'resolution' must be WIDTHxHEIGHT, each from 100 to 1999")
    return properties
