"""``/openvidu/api/signal`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body
from ovrouter.rest.responses import empty
from ovrouter.rest.schema import SignalBody

__all__ = ["signal"]

signal = Blueprint("signal", __name__, url_prefix="/openvidu/api/signal")


@signal.post("")
@operation(
    {
        200: ("it is sent", None),
        404: ("there is no such Session", None),
        406: ("nobody is in the Session, or one of those named is not", None),
    },
    body=SignalBody,
)
async def send() -> Response:
    """Send a signal to clients of a Session."""
    body = await read_body(SignalBody)
    session = backend().registry.get(body.session)
    if not session.is_active:
        return empty(406)
    session.send_signal(sender=None, to=body.to or (), type=body.type, data=body.data)
    return empty(200)
