"""The REST API of OpenVidu, and the call page (warm)."""

from __future__ import annotations

from ovrouter.rest.app import create_app
from ovrouter.rest.backend import AskRestart

__all__ = ["AskRestart", "create_app"]
