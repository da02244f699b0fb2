"""The ICE servers a client is told of. Cold."""

from __future__ import annotations

from ovrouter.config import Config
from ovrouter.session.properties import IceServer
from ovrouter.session.turn import TurnCredentials, mint_credentials

__all__ = ["configured_ice_servers", "own_turn_server"]


def own_turn_server(config: Config, turn: TurnCredentials) -> IceServer:
    """The configured TURN server with one Connection's credentials."""
    host = f"[{config.turn_host}]" if _is_bare_ipv6(config.turn_host) else config.turn_host
    return IceServer(f"turn:{host}:{config.turn_port}", turn.username, turn.credential)


def configured_ice_servers(config: Config, now_ms: int) -> tuple[IceServer, ...]:
    """The servers of ``OPENVIDU_WEBRTC_ICE_SERVERS``; a static secret becomes credentials minted at *now_ms*."""
    return tuple(_parse(entry, now_ms) for entry in config.openvidu_webrtc_ice_servers)


def _parse(entry: str, now_ms: int) -> IceServer:
    """``url=…[,username=…,credential=…|,staticAuthSecret=…]``; the configuration has validated it."""
    values = dict(part.partition("=")[::2] for part in entry.split(","))
    if "staticAuthSecret" in values:
        turn = mint_credentials(values["staticAuthSecret"], now_ms)
        return IceServer(values["url"], turn.username, turn.credential)
    return IceServer(values["url"], values.get("username"), values.get("credential"))


def _is_bare_ipv6(host: str) -> bool:
    return ":" in host and not host.startswith("[")
