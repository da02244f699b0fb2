import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ovrouter.rtc.certificate import fingerprint_matches, make_certificate


@pytest.fixture(scope="module")
def certificate():
    return make_certificate()


def test_every_certificate_has_a_p256_key_of_its_own(certificate):
    assert isinstance(certificate.key.curve, ec.SECP256R1)
    assert certificate.fingerprint != make_certificate().fingerprint


def test_it_is_signed_by_its_own_key(certificate):
    certificate.x509.verify_directly_issued_by(certificate.x509)


def test_the_fingerprint_is_written_as_in_sdp(certificate):
    assert re.fullmatch(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}", certificate.fingerprint)
    assert bytes.fromhex(certificate.fingerprint.replace(":", "")) == certificate.x509.fingerprint(hashes.SHA256())


@pytest.mark.parametrize(
    ("algorithm", "function"),
    [("sha-256", hashes.SHA256()), ("SHA-384", hashes.SHA384()), ("sha-512", hashes.SHA512())],
)
def test_a_right_fingerprint_matches_in_any_case(certificate, algorithm, function):
    text = certificate.x509.fingerprint(function).hex(":")
    assert fingerprint_matches(certificate.x509, algorithm, text)
    assert fingerprint_matches(certificate.x509, algorithm, text.upper())


@pytest.mark.parametrize("algorithm", ["sha-1", "md5", "", "sha-384"])
def test_another_hash_function_never_matches(certificate, algorithm):
    assert not fingerprint_matches(certificate.x509, algorithm, certificate.fingerprint)


@pytest.mark.parametrize("fingerprint", ["", "AB", "ü", ":".join(["00"] * 32)])
def test_a_wrong_fingerprint_does_not_match(certificate, fingerprint):
    assert not fingerprint_matches(certificate.x509, "sha-256", fingerprint)


def test_the_key_is_not_shown(certificate):
    assert repr(certificate) == f"Certificate({certificate.fingerprint})"
