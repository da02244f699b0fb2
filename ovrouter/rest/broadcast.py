"""``/openvidu/api/broadcast`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.errors import CompositionFailed
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body
from ovrouter.rest.responses import empty
from ovrouter.rest.schema import BroadcastBody, BroadcastStopBody, ErrorAnswer

__all__ = ["broadcast"]

broadcast = Blueprint("broadcast", __name__, url_prefix="/openvidu/api/broadcast")

_SCHEMES = frozenset({"rtmp", "rtmps"})


@broadcast.post("/start")
@operation(
    {
        404: ("there is no such Session", None),
        406: ("nobody is in the Session", None),
        200: ("the server takes the stream", None),
        409: ("the Session is not ROUTED, or is being broadcast already", None),
        422: ("resolution, frameRate or shmSize is out of range, or there is neither audio nor video", ErrorAnswer),
        500: ("the server does not take the stream; the text says why", str),
    },
    body=BroadcastBody,
)
async def start() -> Response:
    """Send the Session to a live server."""
    body = await read_body(BroadcastBody)
    session = backend().registry.get(body.session)
    if session.properties.media_mode != "ROUTED":
        return empty(409)
    if not session.is_active:
        return empty(406)
    properties = body.to_properties()
    if body.scheme not in _SCHEMES:
        return _failed(f"Protocol not found: {body.scheme}. Broadcasts go to rtmp:// and rtmps:// URLs")
    try:
        await backend().broadcasts.start(session, body.broadcast_url, properties)
    except CompositionFailed as error:
        return _failed(f"Error starting broadcast: {error}")
    return empty(200)


@broadcast.post("/stop")
@operation(
    {
        200: ("the stream has ended", None),
        404: ("there is no such Session", None),
        409: ("the Session is not being broadcast", None),
    },
    body=BroadcastStopBody,
)
async def stop() -> Response:
    """Send the Session to a live server no more."""
    session = backend().registry.get((await read_body(BroadcastStopBody)).session)
    await backend().broadcasts.stop(session)
    return empty(200)


def _failed(message: str) -> Response:
    """A failure to start, whose text OpenVidu sends as it is."""
    return Response(message, 500, mimetype="text/plain")
