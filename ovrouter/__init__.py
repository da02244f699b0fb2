"""A WebRTC media router for unmodified OpenVidu clients (contract: the whole public surface)."""

from __future__ import annotations

from ovrouter.config import Config
from ovrouter.config_sources import load_config
from ovrouter.errors import ConfigError, OvrouterError

__all__ = ["Config", "ConfigError", "OvrouterError", "load_config"]
