"""The types of settings: text to value and back (contract: standard library only).

A parser takes the text of one setting and returns its value or raises ValueError, whose message follows
``NAME=value: `` on the operator's screen.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ovrouter.ice_url import check_ice_server
from ovrouter.log import parse_levels

__all__ = [
    "SettingType",
    "address_pairs",
    "boolean",
    "enum",
    "event_names",
    "folder",
    "headers",
    "host",
    "ice_servers",
    "integer",
    "ip",
    "ip_list",
    "json_map",
    "log_levels",
    "network_list",
    "path",
    "port",
    "port_or_zero",
    "reconnection_timeout",
    "secret",
    "strings",
    "text",
    "to_text",
    "url",
    "writable_problem",
]

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+: [!-~]([ -~\t]*[!-~])?", re.ASCII)
"""Of RFC 9110 section 5.5, without what is not ASCII."""
_ICE_KEYS = {"url", "username", "credential", "staticAuthSecret"}


@dataclass(frozen=True, slots=True)
class SettingType:
    """A type as documentation names it, and the parser of its text."""

    name: str
    parse: Callable[[str], Any]


def to_text(value: Any) -> str:
    """Return the text that the type's parser turns into *value*."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return json.dumps(value)
    return str(value)


def integer(minimum: int = 0, maximum: int | None = None) -> SettingType:
    """A decimal integer of *minimum* or more, up to *maximum* if given."""
    bounds = f"int {minimum}-{maximum}" if maximum is not None else f"int≥{minimum}"
    complaint = f"Is not an integer ({bounds})" if maximum is not None or minimum else "Is not a non negative integer"

    def parse(given: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", given):
            raise ValueError(complaint)
        value = int(given)
        if value < minimum or (maximum is not None and value > maximum):
            raise ValueError(complaint)
        return value

    return SettingType(bounds, parse)


def enum(*names: str) -> SettingType:
    """One of *names*, exactly."""

    def parse(given: str) -> str:
        if given not in names:
            raise ValueError(f"Must be one of [{', '.join(names)}]")
        return given

    return SettingType(" / ".join(name or "(empty)" for name in names), parse)


def event_names(*known: str) -> SettingType:
    """Any of *known*, as a JSON array."""

    def parse(given: str) -> tuple[str, ...]:
        names = _parse_strings(given)
        for name in names:
            if name not in known:
                raise ValueError(f"Event '{name}' does not exist")
        return names

    return SettingType("string[]", parse)


def _parse_secret(given: str) -> str:
    if not given:
        raise ValueError("Cannot be empty. Leave the setting out to get a random one")
    if not re.fullmatch("[a-zA-Z0-9_-]+", given):
        raise ValueError("Only letters, digits, _ and - may be used")
    return given


def _parse_boolean(given: str) -> bool:
    if given.lower() not in ("true", "false"):
        raise ValueError("Is not a boolean (true or false)")
    return given.lower() == "true"


def _parse_port(lowest: int) -> Callable[[str], int]:
    def parse(given: str) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", given) or not lowest <= int(given) <= 65535:
            raise ValueError("out of valid ports range")
        return int(given)

    return parse


def _parse_url(given: str) -> str:
    if given:
        try:
            parts = urlsplit(given)
        except ValueError as error:
            raise ValueError(f"Is not a valid URL. {error}") from error
        if not parts.scheme or not parts.hostname:
            raise ValueError("Is not a valid URL. It needs a scheme and a host, as in https://example.com/path")
    return given


def _parse_path(given: str) -> str:
    if not given or "\0" in given:
        raise ValueError("Is not a valid file system path. It is empty or holds a NUL character")
    return given if given.endswith("/") else given + "/"


def _parse_folder(given: str) -> Path:
    return Path(_parse_path(given)).expanduser()


def _parse_strings(given: str) -> tuple[str, ...]:
    """Besides JSON, the unquoted ``[a, b]`` that OpenVidu tolerates."""
    try:
        items = json.loads(given)
    except ValueError:
        items = re.split(r"\s*,\s*", given[1:-1].strip()) if re.fullmatch(r"\[[^\"\[\]]*\]", given) else None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError('Is not a valid strings array in JSON format. Write ["first", "second"]')
    return () if items == [""] else tuple(items)


def _parse_headers(given: str) -> tuple[str, ...]:
    headers = _parse_strings(given)
    for number, header in enumerate(headers, 1):
        if not _HEADER.fullmatch(header):
            raise ValueError(f'Header {number} is no HTTP header. Write "Name: value"')
    return headers


def _parse_json_map(given: str) -> str:
    try:
        value = json.loads(given)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError('Is not a valid JSON object of strings. Write {"name": "value"}')
    return given


def _is_ip(given: str) -> bool:
    try:
        ipaddress.ip_address(given)
    except ValueError:
        return False
    return True


def _parse_host(given: str) -> str:
    if not given:
        raise ValueError("Cannot be empty.")
    if not _is_ip(given) and not _HOST_NAME.fullmatch(given):
        raise ValueError("Is not a domain name or IP address")
    return given


def _parse_ip(given: str) -> str:
    if given and not _is_ip(given) and not _HOST_NAME.fullmatch(given):
        raise ValueError("Is not a valid IP Address")
    return given


def _parse_ip_list(given: str) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in given.strip("[]").replace('"', "").split(",") if part.strip())
    for address in addresses:
        if not _is_ip(address):
            raise ValueError(f"{address} is not a valid IP Address")
    return addresses


def _parse_network_list(given: str) -> tuple[str, ...]:
    """As OpenVidu's proxy reads it: ``all`` and nothing are everybody, which is the empty list here."""
    networks = tuple(part.strip() for part in given.strip("[]").replace('"', "").split(",") if part.strip())
    if networks == ("all",):
        return ()
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise ValueError(f"{network} is not an IP address or network, as in 198.51.100.0/24") from None
    return networks


def _parse_address_pairs(given: str) -> tuple[str, ...]:
    pairs = _parse_strings(given)
    for pair in pairs:
        private, _, public = pair.partition(":")
        if not (_is_ip(private) and _is_ip(public)):
            raise ValueError(f"{pair} is not an IPv4 pair. Write PRIVATE:PUBLIC")
    return pairs


def _parse_ice_servers(given: str) -> tuple[str, ...]:
    servers = _parse_strings(given)
    for server in servers:
        _check_ice_server(server)
    return servers


def _check_ice_server(server: str) -> None:
    pairs = dict(part.partition("=")[::2] for part in server.split(","))
    unknown = sorted(pairs.keys() - _ICE_KEYS)
    if unknown:
        raise ValueError(f"Wrong parameter: {unknown[0]}")
    check_ice_server(
        pairs.get("url", ""), pairs.get("username"), pairs.get("credential"), pairs.get("staticAuthSecret")
    )


def _parse_reconnection_timeout(given: str) -> int:
    if not re.fullmatch(r"-1|0*([3-9]|[1-9][0-9]{1,8})", given):
        raise ValueError("Is neither -1 nor 3 or more")
    return int(given)


def _parse_log_levels(given: str) -> str:
    parse_levels(given)
    return given


def writable_problem(folder_name: str) -> str | None:
    """Say why nothing can be written to a folder, or to be made at, this path; None if it can."""
    place = Path(folder_name)
    while not place.exists() and place != place.parent:
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return None
    return f"Is not a valid writable file system path. Nothing can be written to {place}"


boolean = SettingType("bool", _parse_boolean)
port = SettingType("port", _parse_port(1))
port_or_zero = SettingType("port, 0 = any free", _parse_port(0))
text = SettingType("string", str)
url = SettingType("url", _parse_url)
path = SettingType("path", _parse_path)
folder = SettingType("path", _parse_folder)
strings = SettingType("string[]", _parse_strings)
headers = SettingType("string[]", _parse_headers)
json_map = SettingType("JSON map", _parse_json_map)
host = SettingType("domain or IP", _parse_host)
ip = SettingType("IP or name", _parse_ip)
ip_list = SettingType("IPs, comma list", _parse_ip_list)
network_list = SettingType("IPs and networks, comma list", _parse_network_list)
address_pairs = SettingType("string[]", _parse_address_pairs)
ice_servers = SettingType("string[]", _parse_ice_servers)
log_levels = SettingType("level[,topic=level...]", _parse_log_levels)
reconnection_timeout = SettingType("-1, or int≥3", _parse_reconnection_timeout)
secret = SettingType("letters, digits, _ and -", _parse_secret)
