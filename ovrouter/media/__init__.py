"""The media plane of one machine (warm): workers, their transports, and the tracks between them."""

from ovrouter.media.plane import MediaPlane, open_media_plane

__all__ = ["MediaPlane", "open_media_plane"]
