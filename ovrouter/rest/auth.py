"""Who may ask: HTTP Basic with the server's secret, on everything but what is listed here (warm)."""

from __future__ import annotations

import hmac

from quart import Response, request

from ovrouter.config import Config
from ovrouter.rest.backend import backend
from ovrouter.rest.responses import json_error

__all__ = ["require_secret"]

USER = "OPENVIDUAPP"

OPEN_ENDPOINTS = frozenset(
    {
        "configuration.public_url",
        "certificate.accept",
        "call.describe",
        "openapi.describe",
        "page.index",
        "page.asset",
    }
)
"""Need no credentials. A path that nothing serves is not among them, so strangers cannot tell what exists."""
DEMO_ENDPOINTS = frozenset({"call.start"})
"""Need none either where ``OVROUTER_DEMO`` is on."""
RECORDING_ENDPOINTS = frozenset({"recording_files.get"})
"""Need none either where ``OPENVIDU_RECORDING_PUBLIC_ACCESS`` is on."""


async def require_secret() -> Response | None:
    """Answer 401 unless the request carries the secret or needs none."""
    config = backend().config
    if _is_open(request.endpoint, config) or _has_secret(config.openvidu_secret):
        return None
    response = json_error(401, f"Send the Authorization header: Basic, user {USER}, password OPENVIDU_SECRET")
    response.headers["WWW-Authenticate"] = 'Basic realm="OpenVidu"'
    return response


def _is_open(endpoint: str | None, config: Config) -> bool:
    return (
        endpoint in OPEN_ENDPOINTS
        or (config.ovrouter_demo and endpoint in DEMO_ENDPOINTS)
        or (config.openvidu_recording_public_access and endpoint in RECORDING_ENDPOINTS)
    )


def _has_secret(secret: str) -> bool:
    given = request.authorization
    if not secret or given is None or given.type != "basic":
        return False
    return hmac.compare_digest(f"{given.username}:{given.password}".encode(), f"{USER}:{secret}".encode())
