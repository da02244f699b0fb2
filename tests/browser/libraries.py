"""The releases of openvidu-browser that the tests run, installed under the names that ``package.json`` gives them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CURRENT", "OLD", "script"]

CURRENT = "2.32.2"
OLD = ("2.30.0", "2.20.0")
_PACKAGES = {CURRENT: "openvidu-browser", "2.30.0": "openvidu-browser-2.30", "2.20.0": "openvidu-browser-2.20"}
_FOLDER = Path(__file__).parent


def script(version: str) -> str:
    """Path of the library, below this folder."""
    path = f"node_modules/{_PACKAGES[version]}/static/js/openvidu-browser-{version}.min.js"
    if not (_FOLDER / path).exists():
        install = f"npm install --no-package-lock --prefix {_FOLDER}"
        message = f"openvidu-browser {version} is missing; install it with: {install}"
        raise RuntimeError(message)
    return path
