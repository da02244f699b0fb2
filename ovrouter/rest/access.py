"""From which addresses the REST API and the call page may be used (warm; rules of OpenVidu's proxy)."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable

from quart import Response, request

from ovrouter.config import Config
from ovrouter.rest.responses import json_error

__all__ = ["guard"]

REST_API = ("/openvidu/api", "/openvidu/cdr", "/ovrouter/api/openapi", "/ovrouter/metrics")
FOR_CLIENTS = ("/openvidu/recordings", "/openvidu/layouts", "/openvidu/accept-certificate")
"""Paths that are nobody's to restrict here. All that is in neither list belongs to the page."""


def guard(config: Config) -> Callable[[], Awaitable[Response | None]]:
    """Return what answers 403 to a request from elsewhere than ``ALLOWED_ACCESS_TO_*`` and this machine.

    Who may use the page may use the API too: the page does.
    """
    page = _Networks(config.allowed_access_to_dashboard)
    api = _Networks((*config.allowed_access_to_restapi, *config.allowed_access_to_dashboard))
    is_api_open = not config.allowed_access_to_restapi

    async def refuse_strangers() -> Response | None:
        if request.path.startswith(FOR_CLIENTS):
            return None
        if request.path.startswith(REST_API):
            allowed, setting = is_api_open or request.remote_addr in api, "ALLOWED_ACCESS_TO_RESTAPI"
        else:
            allowed, setting = request.remote_addr in page, "ALLOWED_ACCESS_TO_DASHBOARD"
        return None if allowed else json_error(403, f"{request.remote_addr} is not in {setting}")

    return refuse_strangers


class _Networks:
    """A set of networks; none stand for every address. Loopback is in each."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]

    def __contains__(self, address: object) -> bool:
        if not self._networks:
            return True
        try:
            ip = ipaddress.ip_address(str(address))
        except ValueError:
            return False
        return ip.is_loopback or any(ip in network for network in self._networks)
