"""The client WebSocket (warm): JSON-RPC 2.0 as openvidu-browser speaks it."""

from __future__ import annotations

from ovrouter.signaling.server import Signaling

__all__ = ["Signaling"]
