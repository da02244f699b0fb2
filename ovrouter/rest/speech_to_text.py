"""``/openvidu/api/speech-to-text`` (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

from ovrouter.rest.operation import operation
from ovrouter.rest.responses import json_error
from ovrouter.rest.schema import ErrorAnswer, ModelBody

__all__ = ["speech_to_text"]

speech_to_text = Blueprint("speech_to_text", __name__, url_prefix="/openvidu/api/speech-to-text")


@speech_to_text.post("/load")
@speech_to_text.post("/unload")
@operation({501: ("asked: speech to text is not in this release", ErrorAnswer)}, body=ModelBody)
async def refuse() -> Response:
    """Answer 501, as documented for a server without the module, whatever the request says."""
    return json_error(501, "Speech to Text is not available in this release")
