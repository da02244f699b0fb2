"""``/openvidu/api/health`` (warm)."""

from __future__ import annotations

import trio
from quart import Blueprint, Response

from ovrouter.errors import NoMediaNode
from ovrouter.rest.backend import backend
from ovrouter.rest.responses import json_response

__all__ = ["health"]

MEDIA_TIMEOUT_S = 2.0
"""A media plane that cannot say how busy it is for this long routes nothing either."""

health = Blueprint("health", __name__, url_prefix="/openvidu/api/health")


@health.get("")
async def get() -> Response:
    """Tell whether media can be routed: 200 UP or 503 DOWN."""
    is_up = await _media_answers()
    return json_response(
        {"status": "UP" if is_up else "DOWN", "disconnectedMediaNodes": []}, status=200 if is_up else 503
    )


async def _media_answers() -> bool:
    try:
        with trio.fail_after(MEDIA_TIMEOUT_S):
            await backend().media.load()
    except (NoMediaNode, trio.TooSlowError):
        return False
    return True
