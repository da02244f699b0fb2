from __future__ import annotations

import pytest

from ovrouter.config import Config
from ovrouter.session.ice import configured_ice_servers, own_turn_server
from ovrouter.session.properties import IceServer
from ovrouter.session.turn import TurnCredentials


@pytest.mark.parametrize(
    ("coturn_ip", "url"),
    [("198.51.100.7", "turn:198.51.100.7:3478"), ("2001:db8::7", "turn:[2001:db8::7]:3478")],
)
def test_own_turn_server_carries_the_credentials(coturn_ip: str, url: str):
    config = Config(openvidu_secret="s3cret", coturn_ip=coturn_ip)

    assert own_turn_server(config, TurnCredentials("user", "pass")) == IceServer(url, "user", "pass")


def test_configured_servers_are_read():
    config = Config(
        openvidu_secret="s3cret",
        openvidu_webrtc_ice_servers=("url=stun:stun.example.com", "url=turn:t.example.com,username=u,credential=c=d"),
    )

    assert configured_ice_servers(config, 0) == (
        IceServer("stun:stun.example.com"),
        IceServer("turn:t.example.com", "u", "c=d"),
    )


def test_a_static_secret_becomes_limited_credentials():
    config = Config(
        openvidu_secret="s3cret", openvidu_webrtc_ice_servers=("url=turn:t.example.com,staticAuthSecret=key",)
    )

    (server,) = configured_ice_servers(config, 0)

    assert server.username is not None
    assert server.username.startswith("86400:")
    assert server.credential not in (None, "key")
