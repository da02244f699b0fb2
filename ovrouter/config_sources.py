"""Where settings come from: command line, ``.env`` file, environment (contract: standard library only).

Priority, highest first: the command line, the ``.env`` file, the process environment, the defaults. All problems are
collected before anything is reported.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ovrouter.config import Config, Setting, settings
from ovrouter.config_checks import config_problems
from ovrouter.errors import ConfigError

__all__ = ["load_config", "parse_env_file"]

NEAR_MISS_RATIO = 0.85
"""Finds transposed and missing letters, and tells different settings of OpenVidu apart."""

ENVIRONMENT_PREFIXES = ("OPENVIDU_", "OVROUTER_", "COTURN_")
"""An unknown name of the process environment that begins like this is a mistake; others are not ours to judge."""

ENV_FILE_PREFIXES = (*ENVIRONMENT_PREFIXES, "HTTPS_", "CERTIFICATE_", "KMS_")

FREE_PREFIXES = ("KMS_DOCKER_ENV_", "AWS_")
"""Names of OpenVidu deployments that end in anything."""

FOREIGN_NAMES = frozenset({"HTTPS_PROXY", "OVROUTER_SANITIZE", "OVROUTER_TRACE_CYTHON"})
"""Read by HTTP clients and by the build."""


def load_config(
    overrides: Mapping[str, str] | None = None,
    *,
    env_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Read all sources and return the checked configuration.

    *overrides* come from the command line, by setting name. Without *env_file* the file ``.env`` of the folder
    ``DOTENV_PATH`` (default: the working directory) is read if there is one. *environ* defaults to ``os.environ``.
    Raises ConfigError, which lists every problem.
    """
    known = {setting.name: setting for setting in settings()}
    environ = os.environ if environ is None else environ
    overrides = overrides or {}
    file_texts, problems = _read_env_file(env_file, environ)
    problems += _unknown(overrides, known, prefixes=("",))
    problems += _unknown(file_texts, known, prefixes=ENV_FILE_PREFIXES)
    problems += _unknown(environ, known, prefixes=ENVIRONMENT_PREFIXES, near_misses=False)
    texts = {name: text for name, text in {**environ, **file_texts, **overrides}.items() if name in known}
    values = _parse(texts, known, problems)
    config = Config(**values)
    problems += config_problems(config)
    if problems:
        raise ConfigError(tuple(problems))
    return config


def parse_env_file(text: str) -> tuple[dict[str, str], list[str]]:
    """Parse ``NAME=value`` lines; returns the values, verbatim, and a problem for each line that is none.

    Empty lines and those that begin with ``#`` or ``//`` are skipped. There are no quotes, escapes or substitutions.
    """
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith(("#", "//")):
            continue
        name, equals, value = line.partition("=")
        if equals:
            values[name.strip()] = value
        else:
            problems.append(f"line {number} of the .env file: no '=' in it. Write NAME=value")
    return values, problems


def _read_env_file(path: Path | None, environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    place = path or _default_env_file(environ)
    try:
        return parse_env_file(place.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        return {}, [f"--env-file {path}: {error.strerror}"] if path else []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{place}: cannot be read: {error}"]


def _default_env_file(environ: Mapping[str, str]) -> Path:
    place = Path(environ.get("DOTENV_PATH") or ".")
    return place if place.name.endswith(".env") else place / ".env"


def _unknown(
    names: Iterable[str], known: Mapping[str, Setting], *, prefixes: tuple[str, ...], near_misses: bool = True
) -> list[str]:
    problems = []
    for name in names:
        if name in known or name in FOREIGN_NAMES or name.startswith(FREE_PREFIXES):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=NEAR_MISS_RATIO)
        if name.startswith(prefixes) or (near and near_misses):
            problems.append(f"{name}: unknown setting" + (f"; did you mean {near[0]}?" if near else ""))
    return problems


def _parse(texts: Mapping[str, str], known: Mapping[str, Setting], problems: list[str]) -> dict[str, Any]:
    """Return values by field name, adding to *problems*."""
    values = {}
    for name, text in texts.items():
        setting = known[name]
        if not text and _empty_is_unset(setting, texts):
            continue
        try:
            values[setting.field_name] = setting.type.parse(text)
        except ValueError as error:
            shown = "***" if setting.is_secret and text else text
            problems.append(f"{name}={shown}: {error}")
    return values


def _empty_is_unset(setting: Setting, texts: Mapping[str, str]) -> bool:
    """Deployments pass unused settings on as empty; the secret may be empty where only this machine can use it."""
    if setting.name == "OPENVIDU_SECRET":
        return Config(ovrouter_listen_ip=texts.get("OVROUTER_LISTEN_IP", "")).listens_on_loopback_only
    return not setting.is_active
