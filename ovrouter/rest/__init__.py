"""The REST API of OpenVidu, and the call page (warm)."""

from __future__ import annotations

from ovrouter.rest.app import create_app

__all__ = ["create_app"]
