"""``/openvidu/recordings``: the files of recordings (warm)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import trio
from quart import Blueprint, Response, abort, request, send_from_directory
from werkzeug.http import parse_range_header

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
    path = f"{recording_id}/{name}"
    await _resolve_range(recordings.folder / path)
    response = await send_from_directory(recordings.folder, path, conditional=True)
    response.headers["Accept-Ranges"] = "bytes"
    return response


async def _resolve_range(path: Path) -> None:
    """Turn a range that counts from the end (``bytes=-5``) into one from the beginning: Quart fails for the former."""
    wanted = parse_range_header(request.headers.get("Range"))
    if wanted is None or len(wanted.ranges) != 1 or wanted.ranges[0][0] >= 0:
        return
    with suppress(OSError):
        size_bytes = (await trio.Path(path).stat()).st_size
        request.headers["Range"] = f"bytes={max(size_bytes + wanted.ranges[0][0], 0)}-"
