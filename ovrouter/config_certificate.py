"""Where the operator's certificate is (contract: standard library only)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ovrouter.config import Config

__all__ = ["operator_certificate"]

OWNCERT_FOLDER = Path("/opt/openvidu/owncert")
"""Where operators of OpenVidu put theirs."""
LIVE_FOLDERS = (Path("/etc/letsencrypt/live"), Path("/opt/openvidu/certificates/live"))
"""Where certbot, and OpenVidu's proxy with it, keep a folder for each domain."""


def operator_certificate(config: Config) -> tuple[Path, Path] | None:
    """Return the PEM files of certificate chain and key that CERTIFICATE_TYPE asks for; None: a self-signed one.

    With ``letsencrypt`` that may be because certbot has not fetched one yet. The files need not exist otherwise.
    """
    if config.certificate_type == "selfsigned":
        return None
    if config.ovrouter_certificate or config.ovrouter_certificate_key:
        return Path(config.ovrouter_certificate), Path(config.ovrouter_certificate_key)
    if config.certificate_type == "owncert":
        return OWNCERT_FOLDER / "certificate.cert", OWNCERT_FOLDER / "certificate.key"
    return next(_fetched(config.domain_or_public_ip), None)


def _fetched(domain: str) -> Iterator[tuple[Path, Path]]:
    for folder in LIVE_FOLDERS:
        files = folder / domain / "fullchain.pem", folder / domain / "privkey.pem"
        if all(os.path.isfile(file) for file in files):  # False also where we may not look
            yield files
