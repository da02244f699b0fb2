"""What the router and its composing processes say to each other: one JSON object per line. Cold."""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "AddStream",
    "AnyOrder",
    "Failed",
    "KeyframeWanted",
    "Listening",
    "OpenPage",
    "Order",
    "PageOrder",
    "RemoveStream",
    "Report",
    "Start",
    "Started",
    "Stop",
    "Stopped",
    "SwitchVideo",
    "Trouble",
]


class AddStream(Struct, tag="add-stream", forbid_unknown_fields=True):
    """Compose a stream from now on; its media comes over the tap of the same id."""

    id: str
    name: str
    """Of the participant, as shown; may be empty."""
    is_screen: bool = False
    is_video_on: bool = True


class RemoveStream(Struct, tag="remove-stream", forbid_unknown_fields=True):
    """Compose a stream no more."""

    id: str


class SwitchVideo(Struct, tag="switch-video", forbid_unknown_fields=True):
    """A publisher muted or unmuted its camera."""

    id: str
    is_on: bool


class Start(Struct, tag="start", forbid_unknown_fields=True):
    """Begin to write. One composition at a time."""

    url: str
    """A path, or an ``rtmp(s)://`` URL."""
    container: str
    """``mp4``, ``webm`` (Opus alone) or ``flv``."""
    width: int = 0
    """Pixels; 0 without video. An odd number is rounded down."""
    height: int = 0
    frame_rate: int = 25
    has_audio: bool = True


class Stop(Struct, tag="stop", forbid_unknown_fields=True):
    """Write what has come so far, and finish the file."""


class OpenPage(Struct, tag="open-page", forbid_unknown_fields=True):
    """Show a web page; comes once, before all else. It is not an argument, as every user of a machine sees those."""

    url: str
    """May hold secrets."""
    width: int
    height: int
    trusted_key: str = ""
    """SHA-256 in base64 of the public key (SubjectPublicKeyInfo) whose certificates need no other proof."""
    is_any_certificate_fine: bool = False


Order = AddStream | RemoveStream | SwitchVideo | Start | Stop
"""What a composer does."""
PageOrder = OpenPage | Start | Stop
"""What the process that shows a page does."""
AnyOrder = Order | PageOrder


class Listening(Struct, tag="listening"):
    """Taps can be opened, or the page is there."""


class Started(Struct, tag="started"):
    """The file is there, or the server takes the stream."""


class KeyframeWanted(Struct, tag="keyframe-wanted"):
    """A stream cannot be shown before its publisher sends a keyframe."""

    id: str


class Trouble(Struct, tag="trouble"):
    """The server takes nothing for the moment; it is tried again."""

    message: str


class Failed(Struct, tag="failed"):
    """Nothing can be written any more."""

    message: str


class Stopped(Struct, tag="stopped"):
    """The file is whole."""


Report = Listening | Started | KeyframeWanted | Trouble | Failed | Stopped
