"""A WebRTC media router for unmodified OpenVidu clients (contract: the whole public surface)."""
