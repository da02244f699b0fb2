"""Paths of OpenVidu before 2.18, served as the current ones (warm)."""

from __future__ import annotations

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

__all__ = ["LegacyPaths", "current_path"]

_RENAMED = {
    "/config": "/openvidu/api/config",
    "/cdr": "/openvidu/cdr",
    "/info": "/openvidu/info",
    "/accept-certificate": "/openvidu/accept-certificate",
}
_RENAMED_FOLDERS = {
    "/api/": "/openvidu/api/",
    "/config/": "/openvidu/api/config/",
    "/cdr/": "/openvidu/cdr/",
    "/recordings/": "/openvidu/recordings/",
    "/layouts/custom/": "/openvidu/layouts/",
}


class LegacyPaths:
    """ASGI middleware: same request, today's path; clients see no redirect."""

    def __init__(self, app: ASGIFramework) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            scope = {**scope, "path": current_path(scope["path"])}
        await self._app(scope, receive, send)


def current_path(path: str) -> str:
    """Return the path that serves *path* today."""
    if path in _RENAMED:
        return _RENAMED[path]
    for old, new in _RENAMED_FOLDERS.items():
        if path.startswith(old):
            return new + path.removeprefix(old)
    return path
