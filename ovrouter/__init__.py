"""A WebRTC media router for unmodified OpenVidu clients: the whole public surface (warm).

::

    async with ovrouter.open_router(ovrouter.load_config()) as router:
        print(router.url)
        await trio.sleep_forever()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ovrouter.config import Config
from ovrouter.config_sources import load_config
from ovrouter.errors import ConfigError, OvrouterError

if TYPE_CHECKING:
    from ovrouter.router import Router, open_router

__all__ = ["Config", "ConfigError", "OvrouterError", "Router", "load_config", "open_router"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the server when it is asked for: the router's child processes are of this package too and do without it."""
    if name not in {"Router", "open_router"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ovrouter import router  # noqa: PLC0415

    return getattr(router, name)
