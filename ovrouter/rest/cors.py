"""Cross-origin access: every origin, no credentials, as OpenVidu allows it (warm)."""

from __future__ import annotations

from quart import Response, request

__all__ = ["allow_every_origin", "answer_preflight"]

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_CACHE_S = 3600


async def answer_preflight() -> Response | None:
    """Answer any OPTIONS request, before authentication and whatever its path."""
    if request.method != "OPTIONS":
        return None
    response = Response(b"", 200)
    response.headers["Access-Control-Allow-Methods"] = _METHODS
    # "*" would leave out Authorization (Fetch standard, 3.3.5).
    response.headers["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", "*")
    response.headers["Access-Control-Max-Age"] = str(_CACHE_S)
    return response


async def allow_every_origin(response: Response) -> Response:
    """Let pages of any origin read the response."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
