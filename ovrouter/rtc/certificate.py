"""The router's DTLS certificate and the fingerprints of peers' (cold).

Peers trust the fingerprint in the SDP and nothing else, so the certificate is self-signed and lives as long as the
process. Elliptic curve keys keep the handshake's flights within one datagram.
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["FINGERPRINT_ALGORITHMS", "Certificate", "fingerprint_matches", "make_certificate"]

FINGERPRINT_ALGORITHMS: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}
"""Hash functions we accept from peers, best known first."""

_NOT_BEFORE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_NOT_AFTER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its private key."""

    x509: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate as SDP writes it, ``AB:CD:…``."""
        return _fingerprint(self.x509, "sha-256")

    def __repr__(self) -> str:
        return f"Certificate({self.fingerprint})"


def make_certificate() -> Certificate:
    """Make an ECDSA P-256 key and a certificate it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    # A fixed name and validity tell nothing about this machine or its clock; no peer looks at them.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "WebRTC")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
    )
    return Certificate(x509=builder.sign(key, hashes.SHA256()), key=key)


def fingerprint_matches(certificate: x509.Certificate, algorithm: str, fingerprint: str) -> bool:
    """Compare in constant time; *algorithm* and *fingerprint* as SDP writes them, in any case.

    What is hashed by a function we do not know never matches.
    """
    if algorithm.lower() not in FINGERPRINT_ALGORITHMS:
        return False
    return hmac.compare_digest(_fingerprint(certificate, algorithm.lower()).encode(), fingerprint.upper().encode())


def _fingerprint(certificate: x509.Certificate, algorithm: str) -> str:
    return certificate.fingerprint(FINGERPRINT_ALGORITHMS[algorithm]).hex(":").upper()
