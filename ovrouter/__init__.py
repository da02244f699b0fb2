"""A WebRTC media router for unmodified OpenVidu clients: the whole public surface (warm).

::

    async with ovrouter.open_router(ovrouter.load_config()) as router:
        print(router.url)
        await trio.sleep_forever()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovrouter.config import Config
    from ovrouter.config_sources import load_config
    from ovrouter.errors import ConfigError, OvrouterError
    from ovrouter.router import Router, open_router

__all__ = ["Config", "ConfigError", "OvrouterError", "Router", "load_config", "open_router"]

__version__ = "0.1.0"


_MODULES = {
    "Config": "config",
    "ConfigError": "errors",
    "OvrouterError": "errors",
    "Router": "router",
    "load_config": "config_sources",
    "open_router": "router",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: the router's child processes are of this package too and do without all of it."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"ovrouter.{_MODULES[name]}"), name)
