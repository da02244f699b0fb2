"""Real browsers with unmodified openvidu-browser, and the call page, against ``ovrouter serve``."""
