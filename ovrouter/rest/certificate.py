"""``/openvidu/accept-certificate``: where users of a self-signed certificate accept it (warm)."""

from __future__ import annotations

from quart import Blueprint, Response

__all__ = ["certificate"]

certificate = Blueprint("certificate", __name__)

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Certificate accepted</title>
<h1>Certificate accepted</h1>
<p>Your browser now trusts this server. Go back to your application and load it again.</p>
</html>
"""


@certificate.get("/openvidu/accept-certificate")
async def accept() -> Response:
    """Return a page; whoever sees it has accepted the certificate."""
    response = Response(_PAGE, mimetype="text/html")
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
