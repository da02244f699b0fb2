"""``/openvidu/cdr``: the files of the event log (warm)."""

from __future__ import annotations

import trio
from quart import Blueprint, Response, abort, send_from_directory

from ovrouter.reporting.cdr_names import day_of
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.responses import json_response

__all__ = ["cdr"]

cdr = Blueprint("cdr", __name__, url_prefix="/openvidu/cdr")


@cdr.get("")
@operation({200: ("always", list[str])})
async def get_all() -> Response:
    """Return the names of the files, oldest first; none if there is no log."""
    folder = trio.Path(backend().config.openvidu_cdr_path)
    if not await folder.is_dir():
        return json_response([])
    return json_response(sorted(path.name for path in await folder.iterdir() if day_of(path.name)))


@cdr.get("/<name>")
@operation({200: ("it exists", str), 404: ("there is no such file", None)})
async def get(name: str) -> Response:
    """Return one file as it is now."""
    if not day_of(name):
        abort(404)
    return await send_from_directory(backend().config.openvidu_cdr_path, name, mimetype="text/plain")
