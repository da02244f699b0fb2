"""``/openvidu/api/restart`` (warm)."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response

from ovrouter.errors import ConfigError
from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_body
from ovrouter.rest.responses import empty, json_error
from ovrouter.rest.schema import BadParameter, ErrorAnswer

__all__ = ["restart"]

restart = Blueprint("restart", __name__, url_prefix="/openvidu/api/restart")


@restart.post("")
@operation(
    {200: ("it restarts", None), 500: ("the settings cannot be kept", ErrorAnswer)},
    body=dict[str, Any],
)
async def begin() -> Response:
    """Change settings, end all sessions and serve anew; 400 says what is wrong with which setting.

    500 if they cannot be kept: nothing has changed then.
    """
    try:
        await backend().restart(await read_body(dict[str, Any]))
    except ConfigError as error:
        raise BadParameter("; ".join(error.problems)) from error
    except OSError as error:
        return json_error(500, f"The settings cannot be kept: {error}")
    return empty(200)
