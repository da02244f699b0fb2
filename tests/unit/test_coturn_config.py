"""The file for coturn, line by line; what coturn makes of it is seen in tests/interop/test_coturn.py."""

import pytest

from ovrouter import Config, ConfigError
from ovrouter.coturn_config import coturn_config

DENY_ALL = ["denied-peer-ip=0.0.0.0-255.255.255.255", "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]


def options(*media_ips, **settings):
    text = coturn_config(Config(**{"openvidu_secret": "s3cret"} | settings), media_ips)
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_credentials_and_ports_are_those_of_the_router():
    shown = options("203.0.113.7", coturn_port=3479, coturn_min_port=50000, coturn_max_port=50100)
    assert {"listening-port=3479", "min-port=50000", "max-port=50100", "static-auth-secret=s3cret"} <= {*shown}
    assert "static-auth-secret=other" in options("203.0.113.7", coturn_shared_secret_key="other")


def test_only_media_addresses_are_peers():
    peers = [line for line in options("203.0.113.7", "2001:db8::7") if "-peer" in line]
    assert peers == [
        "no-multicast-peers",
        *DENY_ALL,
        "allowed-peer-ip=203.0.113.7",
        "allowed-peer-ip=2001:db8::7",
    ]


def test_loopback_is_open_only_if_media_is_there():
    assert "allow-loopback-peers" in options("127.0.0.1")
    assert "allow-loopback-peers" in options("203.0.113.7", "::1")
    assert set(DENY_ALL) <= {*options("127.0.0.1")}


@pytest.mark.parametrize("key", ["two words", '"quoted"', "'quoted'", "Schlüssel", "a\nno-auth"])
def test_a_key_that_coturn_would_read_differently_is_refused(key):
    with pytest.raises(ConfigError, match="COTURN_SHARED_SECRET_KEY") as caught:
        options("203.0.113.7", coturn_shared_secret_key=key)
    assert key not in str(caught.value)
