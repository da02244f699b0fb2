"""The self-signed certificate: right names, kept, renewed in time, accepted by a real TLS client."""

import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
import trio

from ovrouter.config import Config
from ovrouter.data_files import replace_private
from ovrouter.tls import (
    LIFETIME,
    RENEWAL_CHECK_S,
    RENEWAL_MARGIN,
    CertificateFiles,
    certificate_files,
    ensure_certificate,
    follow_renewals,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def handshake(files, name):
    """Complete a TLS handshake in memory with a client that trusts only this certificate."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(files.certificate_path, files.key_path)
    client_context = ssl.create_default_context(cafile=files.certificate_path)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    pending = [client, server]
    for _ in range(10):
        for side in list(pending):
            try:
                side.do_handshake()
                pending.remove(side)
            except ssl.SSLWantReadError:
                continue
    assert not pending


@pytest.mark.parametrize("name", ["media.example.org", "localhost", "127.0.0.1", "::1"])
def test_a_client_accepts_it_for_every_name(tmp_path, name):
    handshake(ensure_certificate(tmp_path, "media.example.org"), name)


def test_a_client_refuses_it_for_other_names(tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ensure_certificate(tmp_path, "media.example.org"), "example.org")


def test_host_may_be_an_address(tmp_path):
    handshake(ensure_certificate(tmp_path, "192.0.2.7"), "192.0.2.7")


def test_it_is_kept_and_private(tmp_path):
    files = ensure_certificate(tmp_path, "localhost", now=NOW)
    before = files.key_path.read_bytes()
    assert ensure_certificate(tmp_path, "localhost", now=NOW + timedelta(days=100)) == files
    assert files.key_path.read_bytes() == before
    assert stat.S_IMODE(files.key_path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("host", "later"),
    [("other.org", timedelta(0)), ("localhost", LIFETIME - RENEWAL_MARGIN), ("localhost", 2 * LIFETIME)],
)
def test_it_is_remade_for_another_host_and_before_its_end(tmp_path, host, later):
    files = ensure_certificate(tmp_path, "localhost", now=NOW)
    before = files.certificate_path.read_bytes()
    ensure_certificate(tmp_path, host, now=NOW + later)
    assert files.certificate_path.read_bytes() != before


@pytest.mark.parametrize("damage", [lambda pem: b"", lambda pem: pem[: len(pem) // 2], lambda pem: pem[:-100]])
def test_a_damaged_file_is_replaced(tmp_path, damage):
    files = ensure_certificate(tmp_path, "localhost")
    files.key_path.write_bytes(damage(files.key_path.read_bytes()))
    handshake(ensure_certificate(tmp_path, "localhost"), "localhost")


def test_own_certificate_is_taken_as_it_is(tmp_path):
    own = Config(
        certificate_type="owncert",
        ovrouter_certificate=str(tmp_path / "chain.pem"),
        ovrouter_certificate_key=str(tmp_path / "key.pem"),
    )
    assert certificate_files(own) == CertificateFiles(tmp_path / "chain.pem", tmp_path / "key.pem")
    assert list(tmp_path.iterdir()) == []


async def test_a_renewed_certificate_is_loaded_once_it_does(tmp_path, autojump_clock):
    files = ensure_certificate(tmp_path, "localhost")
    loads = []

    def load():
        loads.append(trio.current_time())
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate_path, files.key_path)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow_renewals, files, load)
        await trio.sleep(1.5 * RENEWAL_CHECK_S)
        assert loads == []
        replace_private(files.certificate_path, b"half of it")
        await trio.sleep(2 * RENEWAL_CHECK_S)
        assert len(loads) == 2
        files.certificate_path.unlink()
        ensure_certificate(tmp_path, "localhost")
        await trio.sleep(3 * RENEWAL_CHECK_S)
        assert len(loads) == 3
        nursery.cancel_scope.cancel()


def test_self_signed_goes_to_the_data_folder(tmp_path):
    files = certificate_files(Config(ovrouter_data_dir=tmp_path, domain_or_public_ip="media.example.org"))
    assert files.key_path.parent == tmp_path
    handshake(files, "media.example.org")
