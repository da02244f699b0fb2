"""The effective configuration, setting by setting, with its sources (contract: standard library only)."""

from __future__ import annotations

from collections import defaultdict

from ovrouter.config import settings
from ovrouter.config_sources import Reading
from ovrouter.setting_types import to_text

__all__ = ["report"]

MASK = "***"
DEFAULT = "default"


def report(reading: Reading, *, with_secrets: bool = False) -> str:
    """Return ``NAME=value`` lines under a comment that names their source, defaults last.

    Secrets that are set are masked; *with_secrets* the text is a ``.env`` file of the same configuration.
    """
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for setting in settings():
        value = getattr(reading.config, setting.field_name)
        is_masked = setting.is_secret and value and not with_secrets
        shown = MASK if is_masked else to_text(value)
        lines[reading.origins.get(setting.name, DEFAULT)].append(f"{setting.name}={shown}\n")
    lines[DEFAULT] = lines.pop(DEFAULT, [])
    return "\n".join(f"# {source}\n{''.join(rows)}" for source, rows in lines.items())
