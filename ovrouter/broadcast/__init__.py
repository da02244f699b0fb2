"""Sessions sent to live servers (warm)."""

from ovrouter.broadcast.broadcasts import Broadcasts

__all__ = ["Broadcasts"]
