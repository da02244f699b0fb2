"""Sessions named in a path whose absence is answered 400 (warm)."""

from __future__ import annotations

from quart import abort

from ovrouter.errors import SessionNotFound
from ovrouter.rest.backend import backend
from ovrouter.session import Session

__all__ = ["session_or_400"]


def session_or_400(session_id: str) -> Session:
    """Return the Session. Where OpenVidu documents 400 for an unknown one, in place of the 404 it uses elsewhere."""
    try:
        return backend().registry.get(session_id)
    except SessionNotFound:
        abort(400)
