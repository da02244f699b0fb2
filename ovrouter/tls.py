"""The certificate of the HTTPS server: the operator's own, or a self-signed one made here (warm)."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ovrouter.config import Config
from ovrouter.config_certificate import operator_certificate
from ovrouter.data_files import replace_private

__all__ = ["CertificateFiles", "certificate_files", "ensure_certificate", "follow_renewals", "public_key_hash"]

LIFETIME = timedelta(days=825)
"""The longest that Apple's clients accept (support.apple.com/HT210176)."""

RENEWAL_MARGIN = timedelta(days=30)
"""A certificate that ends sooner than this is replaced at the next start."""

RENEWAL_CHECK_S = 3600.0
"""How often to look whether the operator's certificate was renewed; certbot does so weeks before its end."""

CLOCK_MARGIN = timedelta(days=1)
"""Clients whose clock is behind ours are to accept a new certificate as well."""

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

_log = logging.getLogger("ovrouter.tls")


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files of a certificate chain and its private key; one file may hold both."""

    certificate_path: Path
    key_path: Path


def certificate_files(config: Config) -> CertificateFiles:
    """Return the files that ``CERTIFICATE_TYPE`` asks for; makes a self-signed certificate if that is needed."""
    if files := operator_certificate(config):
        return CertificateFiles(*files)
    if config.certificate_type == "letsencrypt":
        _log.warning(
            "certbot has fetched no certificate for %s yet: serving a self-signed one until the next start",
            config.domain_or_public_ip,
        )
    return ensure_certificate(config.ovrouter_data_dir, config.domain_or_public_ip)


def public_key_hash(files: CertificateFiles) -> str:
    """Return SHA-256 in base64 of the certificate's public key (RFC 7469, section 2.4)."""
    certificate = x509.load_pem_x509_certificate(files.certificate_path.read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


async def follow_renewals(files: CertificateFiles, load: Callable[[], None]) -> None:
    """Call *load* whenever something else has taken the place of *files*, as with certbot's renewals.

    Runs until it is cancelled. Files that *load* refuses with an OSError, for instance because only one of the two has
    been replaced so far, are tried again.
    """
    loaded = _versions(files)
    while True:
        await trio.sleep(RENEWAL_CHECK_S)
        found = _versions(files)
        if found == loaded:
            continue
        try:
            load()
        except OSError as error:
            _log.warning("%s has changed and cannot be used: %s", files.certificate_path, error)
        else:
            loaded = found
            _log.info("%s has changed: new connections get it", files.certificate_path)


def _versions(files: CertificateFiles) -> list[tuple[int, int]]:
    """Tell one content of the files from another."""
    found = []
    for path in (files.certificate_path, files.key_path):
        with suppress(OSError):
            stat = path.stat()
            found.append((stat.st_ino, stat.st_mtime_ns))
    return found


def ensure_certificate(data_dir: Path, host: str, *, now: datetime | None = None) -> CertificateFiles:
    """Return the self-signed certificate for *host* and this machine's local names.

    It is kept in *data_dir* and made anew when it is missing, unreadable, near its end or for another host. One file
    holds certificate and key, so the two always fit. Raises OSError if the folder cannot be written.
    """
    now = now or datetime.now(UTC)
    path = data_dir / "self-signed.pem"
    if not _serves(path, host, now):
        replace_private(path, _self_signed(host, now))
    return CertificateFiles(path, path)


def _serves(path: Path, host: str, now: datetime) -> bool:
    try:
        content = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(content)
        serialization.load_pem_private_key(content, password=None)
    except (FileNotFoundError, ValueError):
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names == _alternative_names(host) and certificate.not_valid_after_utc - now > RENEWAL_MARGIN


def _self_signed(host: str, now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ovrouter {now:%Y-%m-%d}")])
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_MARGIN)
        .not_valid_after(now + LIFETIME - CLOCK_MARGIN)
        .add_extension(_alternative_names(host), critical=False)
        # Not a CA: whoever chooses to trust this file trusts it for these names only.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _alternative_names(host: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(name) for name in dict.fromkeys((host, *LOCAL_NAMES))])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
