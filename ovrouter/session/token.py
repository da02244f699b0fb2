"""The token URL that a client joins with. Cold."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from ovrouter.config import Config
from ovrouter.session.properties import Role
from ovrouter.session.turn import TurnCredentials

__all__ = ["PROTOCOL_VERSION", "token_url", "token_value_in"]

PROTOCOL_VERSION: Final = "2.32.2"
"""The OpenVidu release whose protocol is spoken."""

_TOKEN_PARAMETER = re.compile(r"[?&]token=([^&#]*)")


def token_url(config: Config, session_id: str, token_value: str, role: Role, turn: TurnCredentials) -> str:
    """The URL that carries *token_value*.

    openvidu-browser applies ``decodeURI`` and splits the query on every ``&`` and ``=``. Percent-encoding all reserved
    characters keeps values whole: ``decodeURI`` leaves those alone.
    """
    parameters = {
        "sessionId": session_id,
        "token": token_value,
        "role": role.value,
        "version": PROTOCOL_VERSION,
        "coturnIp": config.turn_host,
        "turnUsername": turn.username,
        "turnCredential": turn.credential,
        "webrtcStatsInterval": str(config.openvidu_pro_stats_webrtc_interval),
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    return f"{config.websocket_url}?{query}"


def token_value_in(token: str) -> str:
    """The value of the ``token`` parameter, or *token* itself if it is no URL with one.

    Scheme, host and all else are ignored, so a proxy that rewrites them does not shut clients out.
    """
    match = _TOKEN_PARAMETER.search(token)
    return match[1] if match else token
