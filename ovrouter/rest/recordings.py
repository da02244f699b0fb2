"""``/openvidu/api/recordings`` (warm)."""

from __future__ import annotations

from dataclasses import replace

from quart import Blueprint, Response, request

from ovrouter.errors import RecordingFailed
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body
from ovrouter.rest.responses import empty, json_response, text
from ovrouter.rest.schema import (
    BadParameter,
    ErrorAnswer,
    RecordedSession,
    RecordingAnswer,
    RecordingBody,
    RecordingsAnswer,
    StartRecordingBody,
)
from ovrouter.session import RecordingProperties

__all__ = ["recordings"]

recordings = Blueprint("recordings", __name__, url_prefix="/openvidu/api/recordings")

_OFF = {501: ("OPENVIDU_RECORDING is false", None)}
_QUICK_START = "COMPOSED_QUICK_START"


@recordings.before_request
async def require_module() -> Response | None:
    """Answer 501 where recording is off; a start without a body is wrong even then."""
    if request.endpoint == "recordings.start" and not await request.get_data(cache=True, parse_form_data=False):
        raise BadParameter("The body is missing; it needs at least the parameter 'session'")
    return None if backend().recordings.is_enabled else empty(501)


@recordings.post("/start")
@operation(
    {
        200: ("media is being written", RecordingAnswer),
        404: ("there is no such Session", None),
        406: ("nobody is in the Session", None),
        409: ("the Session is being recorded, or is not ROUTED", None),
        422: ("resolution, frameRate or shmSize is out of range, or there is neither audio nor video", ErrorAnswer),
        500: ("nothing could be recorded; the text says why", str),
        **_OFF,
    },
    body=StartRecordingBody,
)
async def start() -> Response:
    """Begin to record a Session."""
    session = backend().registry.get((await read_body(RecordedSession)).session)
    backend().recordings.require_recordable(session)
    defaults = session.properties.default_recording
    properties = _with_usable_mode((await read_body(RecordingBody)).to_properties(defaults), defaults)
    try:
        recording = await backend().recordings.start(session, properties)
    except RecordingFailed as error:
        return text(500, f"Error starting recording: {error}")
    return json_response(recording.to_json())


def _with_usable_mode(properties: RecordingProperties, defaults: RecordingProperties) -> RecordingProperties:
    """A quick start has to be prepared from the Session's creation on: its default decides."""
    if properties.output_mode == "INDIVIDUAL":
        return properties
    is_prepared = defaults.output_mode == _QUICK_START
    return replace(properties, output_mode=_QUICK_START if is_prepared else "COMPOSED")


@recordings.post("/stop/<recording_id>")
@operation(
    {
        200: ("its files are ready", RecordingAnswer),
        404: ("no such recording is under way", None),
        406: ("it has not started yet", None),
        500: ("it failed; the text says why", str),
        **_OFF,
    }
)
async def stop(recording_id: str) -> Response:
    """End a recording."""
    try:
        recording = await backend().recordings.stop(recording_id)
    except RecordingFailed as error:
        return text(500, f"Error stopping recording {recording_id}: {error}")
    return json_response(recording.to_json())


@recordings.get("/<recording_id>")
@operation({200: ("it exists", RecordingAnswer), 404: ("there is no such recording", None), **_OFF})
async def get(recording_id: str) -> Response:
    """Return one recording."""
    return json_response((await backend().recordings.get(recording_id)).to_json())


@recordings.get("")
@operation({200: ("always", RecordingsAnswer), **_OFF})
async def get_all() -> Response:
    """Return every recording, under way or on disk."""
    items = [recording.to_json() for recording in await backend().recordings.all()]
    return json_response({"count": len(items), "items": items})


@recordings.delete("/<recording_id>")
@operation(
    {
        204: ("its files are gone", None),
        404: ("there is no such recording", None),
        409: ("it is under way", None),
        502: ("it is kept in S3, which does not let it go", ErrorAnswer),
        **_OFF,
    }
)
async def delete(recording_id: str) -> Response:
    """Remove a recording from the disk."""
    await backend().recordings.delete(recording_id)
    return empty(204)
