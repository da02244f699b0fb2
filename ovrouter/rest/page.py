"""The call page: a handful of files, read once, served from memory (warm)."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources.abc import Traversable

from quart import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

__all__ = ["page"]

_INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    mimetype: str
    etag: str


def page(folder: Traversable, websocket_url: str) -> Blueprint:
    """Serve the files of *folder* at ``/`` and, with the secret, at ``/dashboard/``; no other path reaches them.

    The page may connect to its own origin and to *websocket_url*, which tokens name.
    """
    files = _load(folder)
    policy = _content_security_policy(websocket_url)
    blueprint = Blueprint("page", __name__)

    async def index() -> Response:
        return await _serve(files, _INDEX, policy)

    async def asset(name: str) -> Response:
        return await _serve(files, name, policy)

    async def to_dashboard() -> WerkzeugResponse:
        return redirect("/dashboard/")

    blueprint.add_url_rule("/", view_func=index, endpoint="index")
    blueprint.add_url_rule(f"/<any({', '.join(map(repr, files))}):name>", view_func=asset, endpoint="asset")
    blueprint.add_url_rule("/dashboard", view_func=to_dashboard, strict_slashes=True)
    blueprint.add_url_rule("/dashboard/", view_func=index, endpoint="dashboard")
    blueprint.add_url_rule("/dashboard/<name>", view_func=asset, endpoint="dashboard_asset")
    return blueprint


def _load(folder: Traversable) -> dict[str, _File]:
    return {entry.name: _file(entry) for entry in folder.iterdir() if entry.is_file()}


def _file(entry: Traversable) -> _File:
    content = entry.read_bytes()
    mimetype = mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
    return _File(content, mimetype, sha256(content).hexdigest()[:32])


async def _serve(files: dict[str, _File], name: str, policy: str) -> Response:
    if name not in files:
        abort(404)
    file = files[name]
    response = Response(file.content, mimetype=file.mimetype)
    response.headers["Cache-Control"] = "no-cache"  # ask each time; the answer is 304 as long as nothing changed
    response.headers["Content-Security-Policy"] = policy
    response.set_etag(file.etag)
    return await response.make_conditional(request)


def _content_security_policy(websocket_url: str) -> str:
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {websocket_url}",
            "img-src 'self' data: blob:",
            "media-src 'self' blob: mediastream:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
