"""A recording, as REST shows it and as the disk keeps it. Cold."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from ovrouter.session import RecordingProperties

__all__ = ["COMPOSED_MODES", "Recording", "Status", "new_recording", "unique_session_id"]

COMPOSED_MODES = frozenset({"COMPOSED", "COMPOSED_QUICK_START"})


class Status(Enum):
    """How far a recording is; the value is the name on the wire."""

    STARTING = "starting"
    STARTED = "started"
    STOPPED = "stopped"
    READY = "ready"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows."""
        return self in (Status.READY, Status.FAILED)


class Recording(msgspec.Struct, rename="camel", kw_only=True):
    """The members of OpenVidu's Recording object; *size* is in bytes, *duration* in seconds, *created_at* in ms."""

    id: str
    object: str = "recording"
    session_id: str
    unique_session_id: str
    """``<session id>_<its creation time in ms>``; not shown by REST."""
    name: str
    output_mode: str
    resolution: str = ""
    frame_rate: int = 0
    recording_layout: str = ""
    custom_layout: str = ""
    created_at: int
    size: int = 0
    duration: float = 0.0
    url: str | None = None
    has_audio: bool
    has_video: bool
    status: Status

    def to_json(self, status: Status | None = None) -> dict[str, Any]:
        """The object of REST, events and the file on disk; *status* in place of the present one."""
        composition = self.output_mode in COMPOSED_MODES and self.has_video
        return {
            "id": self.id,
            "object": self.object,
            "name": self.name,
            "outputMode": self.output_mode,
            **(self._composition() if composition else {}),
            "sessionId": self.session_id,
            "createdAt": self.created_at,
            "size": self.size,
            "duration": self.duration,
            "url": self.url,
            "hasAudio": self.has_audio,
            "hasVideo": self.has_video,
            "status": (status or self.status).value,
        }

    def _composition(self) -> dict[str, Any]:
        custom = {"customLayout": self.custom_layout} if self.recording_layout == "CUSTOM" else {}
        return {
            "resolution": self.resolution,
            "frameRate": self.frame_rate,
            "recordingLayout": self.recording_layout,
            **custom,
        }

    @property
    def session_created_at_ms(self) -> int:
        """Of its Session."""
        return int(self.unique_session_id.rpartition("_")[2])


def unique_session_id(session_id: str, created_at_ms: int) -> str:
    """What tells Sessions of one id apart."""
    return f"{session_id}_{created_at_ms}"


def new_recording(
    recording_id: str, session_id: str, session_created_at_ms: int, properties: RecordingProperties, now_ms: int
) -> Recording:
    """A recording that is about to start; without a name it is called by its id."""
    return Recording(
        id=recording_id,
        session_id=session_id,
        unique_session_id=unique_session_id(session_id, session_created_at_ms),
        name=properties.name or recording_id,
        output_mode=properties.output_mode,
        resolution=properties.resolution,
        frame_rate=properties.frame_rate,
        recording_layout=properties.recording_layout,
        custom_layout=properties.custom_layout,
        created_at=now_ms,
        has_audio=properties.has_audio,
        has_video=properties.has_video,
        status=Status.STARTING,
    )
