"""Applications on unmodified openvidu-node-client and pyopenvidu against ``ovrouter serve``."""
