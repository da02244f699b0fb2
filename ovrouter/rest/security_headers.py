"""Headers that keep browsers from guessing, framing, keeping and telling (warm). A handler's own go before them."""

from __future__ import annotations

from quart import Response

from ovrouter.config import Config
from ovrouter.rest.backend import backend

__all__ = ["add"]

HTTPS_PORT = 443
_YEAR_S = 365 * 24 * 60 * 60
_DEFAULTS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of what is no page; those that are have a policy of their own."""
_NO_PAGES = frozenset({"", "application/json", "text/plain"})


async def add(response: Response) -> Response:
    """Add what the response lacks."""
    for name, value in _DEFAULTS.items():
        response.headers.setdefault(name, value)
    if response.mimetype in _NO_PAGES:
        response.headers.setdefault("Content-Security-Policy", _NO_PAGE)
    if _owns_host(backend().config):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR_S}")
    return response


def _owns_host(config: Config) -> bool:
    """Whether HTTPS may be demanded of every port: on another than 443 the host may have plain HTTP servers as well."""
    return config.https_port == HTTPS_PORT and not config.force_plain_http
