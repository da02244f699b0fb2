"""Who may ask: HTTP Basic with the server's secret, on everything but what is listed here (warm)."""

from __future__ import annotations

import math

import trio
from quart import Response, request

from ovrouter.client_address import client_ip
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
    """Answer 401 unless the request carries the secret or needs none, 429 where too many wrong ones came from."""
    if _is_open(request.endpoint, backend().config):
        return None
    given = request.authorization
    if given is None or given.type != "basic":
        return _unauthorized()
    guesses, now_s = backend().guesses, trio.current_time()
    address = client_ip(request.remote_addr or "", request.headers.get("X-Real-IP", ""))
    if wait_s := guesses.wait_s(address, now_s):
        return _too_many_guesses(wait_s)
    is_owner = given.username == USER and guesses.admit(given.password or "", address, now_s)
    return None if is_owner else _unauthorized()


def _unauthorized() -> Response:
    response = json_error(401, f"Send the Authorization header: Basic, user {USER}, password OPENVIDU_SECRET")
    response.headers["WWW-Authenticate"] = 'Basic realm="OpenVidu"'
    return response


def _too_many_guesses(wait_s: float) -> Response:
    seconds = math.ceil(wait_s)
    response = json_error(429, f"Too many wrong secrets from this address: correct OPENVIDU_SECRET, wait {seconds} s")
    response.headers["Retry-After"] = str(seconds)
    return response


def _is_open(endpoint: str | None, config: Config) -> bool:
    return (
        endpoint in OPEN_ENDPOINTS
        or (config.ovrouter_demo and endpoint in DEMO_ENDPOINTS)
        or (config.openvidu_recording_public_access and endpoint in RECORDING_ENDPOINTS)
    )
