"""The media plane of one machine (warm): workers, their transports, and the tracks between them."""

from ovrouter.media.opening import open_media_plane
from ovrouter.media.plane import MediaPlane

__all__ = ["MediaPlane", "open_media_plane"]
