"""Where the page of a CUSTOM layout is (warm: it looks whether there is one)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ovrouter.config import Config
from ovrouter.errors import CompositionFailed

__all__ = ["page_url"]

_USER = "OPENVIDUAPP"


def page_url(config: Config, session_id: str, custom_layout: str) -> str:
    """Return the URL that a browser opens to see *session_id* in *custom_layout*.

    That is an http(s) URL, or a folder with an ``index.html`` below OPENVIDU_RECORDING_CUSTOM_LAYOUT. The page finds in
    its query what it makes a token of. Raises CompositionFailed if there is no such page.
    """
    query = {"sessionId": session_id, "secret": config.openvidu_secret}
    if custom_layout.lower().startswith(("http://", "https://")):
        return _with_query(custom_layout, query)
    folder = custom_layout.strip("/")
    _require_page(Path(config.openvidu_recording_custom_layout), folder)
    path = quote(f"/openvidu/layouts/{folder}/index.html" if folder else "/openvidu/layouts/index.html")
    return f"{_base(config)}{path}?{urlencode(query)}"


def _with_query(url: str, query: dict[str, str]) -> str:
    """Add what is missing, but only to a query that is there: other pages know by themselves (as OpenVidu does)."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    missing = urlencode({name: value for name, value in query.items() if name not in given})
    return urlunsplit(parts._replace(query=f"{parts.query}&{missing}" if missing else parts.query))


def _require_page(layouts: Path, folder: str) -> None:
    page = layouts / folder / "index.html"
    if not page.resolve().is_relative_to(layouts.resolve()):
        raise CompositionFailed(f"customLayout {folder} leads out of OPENVIDU_RECORDING_CUSTOM_LAYOUT")
    if not page.is_file():
        raise CompositionFailed(f"there is no {page}: a customLayout is a folder with this file, or an http(s) URL")


def _base(config: Config) -> str:
    parts = urlsplit(config.openvidu_recording_composed_url or config.public_url)
    access = f"{_USER}:{quote(config.openvidu_secret)}@" if config.openvidu_recording_composed_basicauth else ""
    return f"{parts.scheme}://{access}{parts.netloc}{parts.path.rstrip('/')}"
