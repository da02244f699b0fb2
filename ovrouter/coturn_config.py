"""The configuration file of a coturn that serves this router's clients (contract: standard library only).

Every option is one of coturn 4.5 and later (``man turnserver``). A relay that anybody with a token may use must not be
a way into the operator's network: the only peers are the addresses that clients are given for media.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

from ovrouter.config import Config
from ovrouter.errors import ConfigError

__all__ = ["coturn_config"]

REALM = "openvidu"


def coturn_config(config: Config, media_ips: Sequence[str]) -> str:
    """Return the text of a ``turnserver.conf``; *media_ips* are what clients are given as media addresses.

    Raises ConfigError if the shared secret cannot stand in such a file.
    """
    if not re.fullmatch(r"[!#-&(-~]+", config.turn_secret):
        raise ConfigError(("COTURN_SHARED_SECRET_KEY=***: coturn takes no spaces, quotes or letters beyond ASCII",))
    sections = (
        (
            "# coturn for the clients of ovrouter. Start it with: turnserver -c FILE",
            f"listening-port={config.turn_port}",
            f"min-port={config.coturn_min_port}",
            f"max-port={config.coturn_max_port}",
            "fingerprint",
            "no-tls",
            "no-dtls",
            "no-cli",
        ),
        (
            "# Credentials that the router mints: they expire, and need no database.",
            "use-auth-secret",
            f"static-auth-secret={config.turn_secret}",
            f"realm={REALM}",
        ),
        ("# Media only, and only to the router: an allowed peer goes before a denied one.", *_peers(media_ips)),
    )
    return "\n".join("".join(f"{line}\n" for line in section) for section in sections)


def _peers(media_ips: Sequence[str]) -> Iterable[str]:
    yield "no-tcp-relay"
    yield "no-multicast-peers"
    if any(ipaddress.ip_address(ip).is_loopback for ip in media_ips):
        # This switch goes before both lists, which still deny all other loopback addresses.
        yield "allow-loopback-peers"
    yield "denied-peer-ip=0.0.0.0-255.255.255.255"
    yield "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    yield from (f"allowed-peer-ip={ip}" for ip in media_ips)
