"""What ``ovrouter coturn-config`` lets clients do, and what not, as Debian's coturn sees it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovrouter.media.addresses import discover_addresses
from ovrouter.session import mint_credentials
from ovrouter.session.turn import LIFETIME_S
from tests.interop.coturn import HOST, free_port, run_coturn
from tests.interop.turn import IPV4, IPV6, Refused, TurnClient

SECRET = "turn-s3cret"
MEDIA_IPV4, MEDIA_IPV6 = "203.0.113.7", "2001:db8::7"
FORBIDDEN, UNAUTHORIZED = 403, 401

# Where a relay must not lead: this machine, cloud metadata, private networks, neighbours of the media address.
FORBIDDEN_IPV4 = [
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0"),
    *("169.254.169.254", "169.254.1.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1"),
    *("203.0.113.6", "203.0.113.8", "8.8.8.8", "224.0.0.1", "255.255.255.255"),
]
FORBIDDEN_IPV6 = [
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:127.0.0.2", "::ffff:169.254.169.254", "::ffff:10.0.0.1"),
    *(f"::ffff:{MEDIA_IPV4}", f"::{MEDIA_IPV4}", f"64:ff9b::{MEDIA_IPV4}", "64:ff9b::10.0.0.1"),
    *("fe80::1", "fd00::1", "2001:db8::6", "2001:db8::8", "2606:4700::1", "ff02::1"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """For a router elsewhere; relays from loopback, which is where an attacker would like to be."""
    port = free_port()
    folder = tmp_path_factory.mktemp("coturn")
    with run_coturn(
        folder,
        HOST,
        "::1",
        COTURN_PORT=str(port),
        COTURN_SHARED_SECRET_KEY=SECRET,
        OVROUTER_DATA_DIR=str(folder),
        OVROUTER_MEDIA_IP=f"10.9.9.9,{MEDIA_IPV6}",
        MEDIA_NODES_PUBLIC_IPS=f'["10.9.9.9:{MEDIA_IPV4}"]',
    ):
        yield HOST, port


@pytest.fixture
def client(server: tuple[str, int], now_ms: int) -> Iterator[TurnClient]:
    turn = mint_credentials(SECRET, now_ms)
    with TurnClient(server, turn.username, turn.credential) as client:
        yield client


@pytest.fixture
def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_minted_credentials_are_good(client: TurnClient) -> None:
    assert client.allocate()[0] == HOST


def test_expired_credentials_are_refused(server: tuple[str, int], now_ms: int) -> None:
    turn = mint_credentials(SECRET, now_ms - (LIFETIME_S + 60) * 1000)
    with TurnClient(server, turn.username, turn.credential) as client, pytest.raises(Refused) as refused:
        client.allocate()
    assert refused.value.code == UNAUTHORIZED


def test_forged_credentials_are_refused(server: tuple[str, int], now_ms: int) -> None:
    turn = mint_credentials("another-secret", now_ms)
    with TurnClient(server, turn.username, turn.credential) as client, pytest.raises(Refused) as refused:
        client.allocate()
    assert refused.value.code == UNAUTHORIZED


def test_a_later_expiry_needs_another_credential(server: tuple[str, int], now_ms: int) -> None:
    turn = mint_credentials(SECRET, now_ms)
    expiry, suffix = turn.username.split(":")
    later = f"{int(expiry) + 1}:{suffix}"
    with TurnClient(server, later, turn.credential) as client, pytest.raises(Refused) as refused:
        client.allocate()
    assert refused.value.code == UNAUTHORIZED


@pytest.mark.parametrize(("family", "ip"), [(IPV4, MEDIA_IPV4), (IPV6, MEDIA_IPV6)], ids=["IPv4", "IPv6"])
def test_the_media_addresses_are_permitted(client: TurnClient, family: int, ip: str) -> None:
    client.allocate(family)
    client.permit(ip)
    client.bind_channel((ip, 40000))


@pytest.mark.parametrize(
    ("family", "ip"),
    [*((IPV4, ip) for ip in ["10.9.9.9", *FORBIDDEN_IPV4]), *((IPV6, ip) for ip in FORBIDDEN_IPV6)],
)
def test_no_other_address_is(client: TurnClient, family: int, ip: str) -> None:
    client.allocate(family)
    with pytest.raises(Refused) as refused:
        client.permit(ip)
    assert refused.value.code == FORBIDDEN
    with pytest.raises(Refused) as refused:
        client.bind_channel((ip, 40000))
    assert refused.value.code == FORBIDDEN


@pytest.mark.parametrize("ip", ["::ffff:127.0.0.1", f"::ffff:{MEDIA_IPV4}", MEDIA_IPV6])
def test_a_relay_of_one_family_takes_no_peer_of_the_other(client: TurnClient, ip: str) -> None:
    client.allocate(IPV4)
    with pytest.raises(Refused):
        client.permit(ip)


@contextlib.contextmanager
def echo(ip: str) -> Iterator[int]:
    """Send every datagram back that comes to a port of *ip*; the port."""
    with socket.socket(type=socket.SOCK_DGRAM) as peer:
        peer.bind((ip, 0))
        thread = threading.Thread(target=_send_back, args=(peer,))
        thread.start()
        try:
            yield peer.getsockname()[1]
        finally:
            with socket.socket(type=socket.SOCK_DGRAM) as last:
                last.sendto(b"", peer.getsockname())
            thread.join()


def _send_back(peer: socket.socket) -> None:
    while True:
        data, sender = peer.recvfrom(2048)
        if not data:
            return
        peer.sendto(data, sender)


def machine_ipv4() -> str:
    """What a router on this machine would give to clients."""
    return next(ip for ip in discover_addresses() if ":" not in ip)


@pytest.mark.parametrize("media_ip", [machine_ipv4(), HOST], ids=["machine", "loopback"])
def test_datagrams_pass_to_the_media_address_and_back(tmp_path: Path, now_ms: int, media_ip: str) -> None:
    port = free_port()
    turn = mint_credentials(SECRET, now_ms)
    settings = {"COTURN_PORT": str(port), "OPENVIDU_SECRET": SECRET, "OVROUTER_DATA_DIR": str(tmp_path)}
    with (
        run_coturn(tmp_path, media_ip, OVROUTER_MEDIA_IP=media_ip, **settings),
        echo(media_ip) as peer_port,
        TurnClient((HOST, port), turn.username, turn.credential) as client,
    ):
        client.allocate()
        client.permit(media_ip)
        assert client.bounce((media_ip, peer_port), b"media") == ((media_ip, peer_port), b"media")
        for ip in ("127.0.0.2", "169.254.169.254", "10.0.0.1"):
            with pytest.raises(Refused):
                client.permit(ip)
