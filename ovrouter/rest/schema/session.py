"""Bodies about Sessions (cold)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ovrouter.rest.schema.body import MAX_SESSION_ID, BadParameter, MediaNodeSelector, OutOfRange, checked_session_id
from ovrouter.rest.schema.recording import RecordingBody
from ovrouter.session import RecordingProperties, SessionProperties

__all__ = ["CallBody", "SessionBody", "SignalBody"]

MAX_NAME = 200
"""A person's name on the call page."""

SessionId = Annotated[str, Meta(extra_json_schema={"pattern": "^[a-zA-Z0-9_-]*$", "maxLength": MAX_SESSION_ID})]
"""Checked by :func:`checked_session_id`, for the sake of OpenVidu's message."""


class SessionBody(Struct, rename="camel"):
    """A Session to create."""

    media_mode: Literal["ROUTED", "RELAYED"] | None = None
    recording_mode: Literal["ALWAYS", "MANUAL"] | None = None
    custom_session_id: SessionId | None = None
    forced_video_codec: Literal["MEDIA_SERVER_PREFERRED", "NONE", "VP8", "VP9", "H264"] | None = None
    allow_transcoding: bool | None = None
    media_node: MediaNodeSelector | None = None
    default_recording_properties: RecordingBody | None = None

    def to_properties(self) -> SessionProperties:
        """Raises BadParameter."""
        return SessionProperties(
            media_mode=self.media_mode or "ROUTED",
            recording_mode=self.recording_mode or "MANUAL",
            custom_session_id=checked_session_id(self.custom_session_id or "", "customSessionId"),
            forced_video_codec=self.forced_video_codec,
            allow_transcoding=self.allow_transcoding,
            default_recording=self._default_recording(),
            media_node_id=self.media_node.id if self.media_node else None,
        )

    def _default_recording(self) -> RecordingProperties:
        try:
            return (self.default_recording_properties or RecordingBody()).to_properties()
        except OutOfRange as error:
            raise BadParameter(f"Parameter 'defaultRecordingProperties' is not valid: {error}") from error


class SignalBody(Struct):
    """A signal to some or all clients of a Session."""

    session: str
    to: list[str] | None = None
    type: str | None = None
    data: str | None = None


class CallBody(Struct):
    """Someone on the call page wants to come in."""

    session: Annotated[str, Meta(max_length=MAX_SESSION_ID)]
    name: Annotated[str, Meta(max_length=MAX_NAME)] = ""
