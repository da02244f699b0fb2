"""``/openvidu/recordings``: the files of recordings (warm)."""

from __future__ import annotations

from quart import Blueprint, Response, abort, send_from_directory

from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation

__all__ = ["recording_files"]

recording_files = Blueprint("recording_files", __name__, url_prefix="/openvidu/recordings")

_SUFFIXES = (".mp4", ".webm", ".zip", ".jpg")
"""What is there to be downloaded; the rest of a folder is of no use to others, or not finished."""


@recording_files.get("/<recording_id>/<name>")
@operation(
    {
        200: ("it exists", bytes),
        206: ("a part of it was asked for", bytes),
        404: ("there is no such file", None),
        416: ("the part that was asked for is beyond its end", None),
    }
)
async def get(recording_id: str, name: str) -> Response:
    """Return a file of a recording, or a part of it."""
    recordings = backend().recordings
    if not recordings.is_enabled or name.startswith(".") or not name.endswith(_SUFFIXES):
        abort(404)
    return await send_from_directory(recordings.folder, f"{recording_id}/{name}", conditional=True)
