"""``/openvidu/api/sessions/<id>/stream`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.rest.lookup import session_or_400
from ovrouter.rest.operation import operation
from ovrouter.rest.responses import empty

__all__ = ["streams"]

streams = Blueprint("streams", __name__, url_prefix="/openvidu/api/sessions/<session_id>/stream")


@streams.delete("/<stream_id>")
@operation(
    {
        204: ("it has ended", None),
        400: ("there is no such Session", None),
        404: ("the Session has no such stream", None),
    }
)
async def unpublish(session_id: str, stream_id: str) -> Response:
    """End a published stream."""
    await session_or_400(session_id).force_unpublish(stream_id, by=None)
    return empty(204)
