"""A WebRTC media router for unmodified OpenVidu clients: the whole public surface (warm).

::

    async with ovrouter.open_router(ovrouter.load_config()) as router:
        print(router.url)
        await trio.sleep_forever()
"""

from __future__ import annotations

from ovrouter.config import Config
from ovrouter.config_sources import load_config
from ovrouter.errors import ConfigError, OvrouterError
from ovrouter.router import Router, open_router

__all__ = ["Config", "ConfigError", "OvrouterError", "Router", "load_config", "open_router"]

__version__ = "0.1.0"
