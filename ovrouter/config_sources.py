"""Where settings come from: command line, ``.env`` files, environment (contract: standard library only).

Priority, highest first: the command line; the ``.env`` file; what ``POST /restart`` keeps in the data folder where no
such file is; the process environment; the defaults. All problems are collected before anything is reported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ovrouter.config import Config, default_data_dir, settings
from ovrouter.config_checks import config_problems
from ovrouter.config_names import ENV_FILE_PREFIXES, ENVIRONMENT_PREFIXES, EVERY_PREFIX, RETIRED_NAMES, unknown_names
from ovrouter.env_file import parse_env_file
from ovrouter.errors import ConfigError

__all__ = ["COMMAND_LINE", "ConfigSources", "Reading", "load_config", "read_env_file", "setting_values"]

COMMAND_LINE = "--set"
"""The name of this source."""

MANDATORY = frozenset({"DOMAIN_OR_PUBLIC_IP", "OPENVIDU_SECRET"})
"""Must not be empty where they stand; deployments pass all other settings on as empty that nobody has set."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What all sources say together."""

    config: Config
    """What was understood; all else has its default."""
    origins: Mapping[str, str]
    """The source of each setting that is given, by the setting's name."""
    notes: tuple[str, ...]
    """One line for each setting that is given and does nothing."""
    problems: tuple[str, ...]
    """One line for each mistake."""

    def checked(self) -> Reading:
        """Return the reading itself. Raises ConfigError, which lists every problem, if there is one."""
        if self.problems:
            raise ConfigError(self.problems)
        return self

    def with_value(self, name: str, value: Any, *, origin: str) -> Reading:
        """Return the reading with another value of the setting *name*."""
        config = replace(self.config, **{name.lower(): value})
        return replace(self, config=config, origins={**self.origins, name: origin})


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    texts: Mapping[str, str]
    prefixes: tuple[str, ...]
    near_misses: bool = True


@dataclass(frozen=True, slots=True)
class ConfigSources:
    """The places that the settings of one router are read from."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    """From the command line, by setting name."""
    env_file: Path | None = None
    """As named on the command line; None: ``.env`` in the folder ``DOTENV_PATH`` (default: the working directory)."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def read(self, changes: Mapping[str, str] | None = None) -> Reading:
        """Read all sources, as if *changes* stood in the file that :meth:`file_to_change` names."""
        problems: list[str] = []
        sources = self._sources(problems)
        sources.insert(-1, _Source("change", changes or {}, EVERY_PREFIX))
        return _reading(sources, problems)

    def file_to_change(self) -> Path:
        """Return the file for settings that are to outlive the process: the ``.env`` file if there is one."""
        place = self._env_file_path
        return place if place.exists() else self._kept_path(self._sources([]))

    def _sources(self, problems: list[str]) -> list[_Source]:
        """All of them, lowest priority first; says in *problems* which cannot be read."""
        sources = [
            _Source("environment", self.environ, ENVIRONMENT_PREFIXES, near_misses=False),
            _file_source(self._env_file_path, problems, must_exist=self.env_file is not None),
            _Source(COMMAND_LINE, self.overrides, EVERY_PREFIX),
        ]
        sources.insert(1, _file_source(self._kept_path(sources), problems))
        return sources

    @property
    def _env_file_path(self) -> Path:
        if self.env_file:
            return self.env_file
        place = Path(self.environ.get("DOTENV_PATH") or ".")
        return place if place.name.endswith(".env") else place / ".env"

    @staticmethod
    def _kept_path(sources: Sequence[_Source]) -> Path:
        texts = _merged(sources)
        folder = texts.get("OVROUTER_DATA_DIR")
        return (Path(folder).expanduser() if folder else default_data_dir()) / "restart.env"


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
    sources = ConfigSources(overrides or {}, env_file, os.environ if environ is None else environ)
    return sources.read().checked().config


def setting_values(texts: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Parse *texts*, by setting name, to values by field name; adds to *problems* what is wrong.

    An empty text stands for the default, but where there must be one.
    """
    values = {}
    for setting in settings():
        text = texts.get(setting.name)
        if text is None:
            continue
        try:
            is_default = not text and setting.name not in MANDATORY
            values[setting.field_name] = setting.default if is_default else setting.type.parse(text)
        except ValueError as error:
            shown = "***" if setting.is_secret and text else text
            problems.append(f"{setting.name}={shown}: {error}")
    return values


def read_env_file(path: Path) -> Reading:
    """Read this file alone."""
    problems: list[str] = []
    return _reading([_file_source(path, problems, must_exist=True)], problems)


def _file_source(path: Path, problems: list[str], *, must_exist: bool = False) -> _Source:
    texts: dict[str, str] = {}
    try:
        texts, malformed = parse_env_file(path.read_text(encoding="utf-8-sig"))
        problems += malformed
    except FileNotFoundError as error:
        if must_exist:
            problems.append(f"{path}: {error.strerror}")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path}: cannot be read: {error}")
    return _Source(str(path), texts, ENV_FILE_PREFIXES)


def _merged(sources: Sequence[_Source]) -> dict[str, str]:
    return {name: text for source in sources for name, text in source.texts.items()}


def _reading(sources: Sequence[_Source], problems: list[str]) -> Reading:
    """Put *sources*, lowest priority first, together; *problems* are those so far."""
    known = {setting.name: setting for setting in settings()}
    for source in reversed(sources):
        problems += unknown_names(source.texts, known, prefixes=source.prefixes, near_misses=source.near_misses)
    texts = _merged(sources)
    given = {name: text for name, text in texts.items() if name in known and not _is_unset(name, texts)}
    config = Config(**setting_values(given, problems))
    origins = {name: source.name for source in sources for name in source.texts if name in given}
    return Reading(config, origins, _notes(given, texts, config), (*problems, *config_problems(config)))


def _is_unset(name: str, texts: Mapping[str, str]) -> bool:
    """The secret may be empty where only this machine can use it."""
    if name == "OPENVIDU_SECRET" and not texts[name]:
        return Config(ovrouter_listen_ip=texts.get("OVROUTER_LISTEN_IP", "")).listens_on_loopback_only
    return not texts[name] and name not in MANDATORY


def _notes(given: Mapping[str, str], texts: Mapping[str, str], config: Config) -> tuple[str, ...]:
    rows = (setting for setting in settings() if setting.name in given)
    notes = (setting.idle_note(getattr(config, setting.field_name)) for setting in rows)
    retired = (f"{name}: accepted; no setting of an OpenVidu 2.32 server" for name in texts if name in RETIRED_NAMES)
    return (*(note for note in notes if note), *retired)
