"""``/openvidu/layouts``: the pages of CUSTOM layouts (warm)."""

from __future__ import annotations

from quart import Blueprint, Response, abort, send_from_directory

from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation

__all__ = ["layouts"]

layouts = Blueprint("layouts", __name__, url_prefix="/openvidu/layouts")


@layouts.get("/<path:name>")
@operation({200: ("it exists", bytes), 404: ("there is no such file", None)})
async def get(name: str) -> Response:
    """Return a file of a layout."""
    try:
        return await send_from_directory(backend().config.openvidu_recording_custom_layout, name)
    except OSError:
        # Such as a name that is too long for the file system.
        abort(404)
