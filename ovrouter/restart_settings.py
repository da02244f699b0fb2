"""What ``POST /restart`` may change, and where that is kept (warm: files, no Trio)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ovrouter.config import Config, Setting, settings
from ovrouter.config_checks import config_problems
from ovrouter.config_names import EVERY_PREFIX, unknown_names
from ovrouter.config_sources import COMMAND_LINE, ConfigSources, Reading, setting_values
from ovrouter.data_files import rewrite
from ovrouter.env_file import with_values
from ovrouter.errors import ConfigError
from ovrouter.setting_types import json_map

__all__ = ["FIXED", "changed_config", "changed_texts", "keep_changes"]

FIXED = frozenset(
    {
        # The list of the REST document
        "DOMAIN_OR_PUBLIC_IP",
        "CERTIFICATE_TYPE",
        "HTTP_PORT",
        "HTTPS_PORT",
        "OPENVIDU_SECRET",
        "OPENVIDU_PRO_LICENSE",
        "OPENVIDU_PRO_STATS_MONITORING_INTERVAL",
        "OPENVIDU_PRO_CLUSTER_TEST",
        "ELASTICSEARCH_USERNAME",
        "ELASTICSEARCH_PASSWORD",
        "KMS_IMAGE",
        "MEDIASOUP_IMAGE",
        "OPENVIDU_EDITION",
        "OPENVIDU_ENTERPRISE_MEDIA_SERVER",
        "OPENVIDU_PRO_ELASTICSEARCH_HOST",
        "OPENVIDU_PRO_KIBANA_HOST",
        "COTURN_IP",
        "COTURN_PORT",
        "COTURN_INTERNAL_RELAY",
        # Where the server and its files are: a mistake would put it out of reach of the next request
        "DOTENV_PATH",
        "SERVER_PORT",
        "SERVER_SSL_ENABLED",
        "ALLOWED_ACCESS_TO_DASHBOARD",
        "ALLOWED_ACCESS_TO_RESTAPI",
        "OVROUTER_CERTIFICATE",
        "OVROUTER_CERTIFICATE_KEY",
        "OVROUTER_DATA_DIR",
        "OVROUTER_LISTEN_IP",
        "OVROUTER_MEDIA_IP",
        "OVROUTER_MEDIA_PORT",
        # A file of anybody's choice, with all keys in it
        "OVROUTER_TRACE",
    }
)
"""Settings that a restart does not change."""

HEADER = "# Settings changed by POST /openvidu/api/restart.\n"

_VALUE_TYPES: dict[type, type] = {bool: bool, int: int, list: tuple}
"""By JSON type, what the setting's type makes of it. Strings serve for every setting, as they do in files."""


def changed_texts(body: Mapping[str, Any], current: Config) -> dict[str, str]:
    """Return the settings of *body*, a JSON object, as texts by name.

    Members that are null count as absent, and so do settings of :data:`FIXED` that keep their value.

    Raises ConfigError, which names every unknown setting, every wrong JSON type and every change of a fixed one.
    """
    known = {setting.name: setting for setting in settings()}
    problems = unknown_names(body, known, prefixes=EVERY_PREFIX)
    texts = {}
    for name, value in body.items():
        if name not in known or value is None:
            continue
        try:
            text = _text(known[name], value)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        if name not in FIXED:
            texts[name] = text
        elif not _is_value_of(current, known[name], text):
            problems.append(f"{name}: a restart cannot change it. Change it where the server reads it, and start anew")
    if problems:
        raise ConfigError(tuple(problems))
    return texts


def changed_config(current: Config, texts: Mapping[str, str]) -> Config:
    """Return *current* with the changes, which are kept nowhere. Raises ConfigError."""
    problems: list[str] = []
    changed = replace(current, **setting_values(texts, problems))
    problems += config_problems(changed)
    if problems:
        raise ConfigError(tuple(problems))
    return changed


def keep_changes(sources: ConfigSources, texts: Mapping[str, str]) -> Reading:
    """Write the changes into the file that *sources* read, and return what they say now.

    Raises ConfigError, and changes nothing, if they would not do for a start or something goes before that file.
    Raises OSError if the file cannot be written.
    """
    overruled = [name for name, text in texts.items() if sources.overrides.get(name, text) != text]
    if overruled:
        raise ConfigError(tuple(f"{name}: was given with {COMMAND_LINE}; change it there" for name in overruled))
    sources.read(texts).checked()
    if texts:
        place = sources.file_to_change()
        rewrite(place, with_values(_content(place), texts).encode())
    return sources.read().checked()


def _content(place: Path) -> str:
    return place.read_text(encoding="utf-8-sig") if place.exists() else HEADER


def _text(setting: Setting, value: Any) -> str:
    """Raises ValueError if the JSON *value* has not the setting's type, or cannot stand in a file."""
    if isinstance(value, str):
        if not value.isprintable():
            raise ValueError("holds a line break or another control character")
        return value
    text = json.dumps(value)
    if isinstance(value, dict) and setting.type is json_map:
        return text
    if type(value) not in _VALUE_TYPES or type(setting.type.parse(text)) is not _VALUE_TYPES[type(value)]:
        raise ValueError(f"Is not of its type: {setting.type.name}")
    return text


def _is_value_of(config: Config, setting: Setting, text: str) -> bool:
    try:
        return bool(setting.type.parse(text) == getattr(config, setting.field_name))
    except ValueError:
        return False
