"""The sample ``.env`` file, made from the table of settings (contract: standard library only)."""

from __future__ import annotations

import itertools

from ovrouter.config import Setting, settings
from ovrouter.setting_types import to_text

__all__ = ["sample"]

HEADER = """\
# Settings of ovrouter. Copy this file to .env, remove the # before a NAME=value line, and change the value.
# Every line shows its default. Priority: command line, this file, environment.
"""


def sample() -> str:
    """Return a ``.env`` file in which every setting is a comment that shows its default."""
    sections = itertools.groupby(settings(), key=lambda setting: setting.section)
    return HEADER + "".join(_section(title, list(rows)) for title, rows in sections)


def _section(title: str, rows: list[Setting]) -> str:
    note = "" if rows[0].is_active else f" ({rows[0].use.value})"
    return f"\n## {title}{note}\n" + "".join(_lines(row) for row in rows)


def _lines(row: Setting) -> str:
    about = ": ".join(part for part in (row.type.name, row.meaning) if part)
    return f"\n# {about}\n#{row.name}={to_text(row.default)}\n"
