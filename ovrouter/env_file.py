"""The text of ``.env`` files (contract: standard library only).

One ``NAME=value`` per line, the value verbatim: no quotes, escapes or substitutions. Empty lines and those that begin
with ``#`` or ``//`` are skipped.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["parse_env_file", "with_values"]


def parse_env_file(text: str) -> tuple[dict[str, str], list[str]]:
    """Return the values, verbatim, and a problem for each line that is no ``NAME=value``.

    Of two lines with one name the later counts.
    """
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        if _is_skipped(line):
            continue
        name, equals, value = line.partition("=")
        if equals:
            values[name.strip()] = value
        else:
            problems.append(f"line {number} of the .env file: no '=' in it. Write NAME=value")
    return values, problems


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return *text* with these *values*: lines that set one of the names are replaced, new ones are appended.

    All other lines, comments too, stay as they are. A value must not hold a line break.
    """
    lines = text.splitlines(keepends=True)
    places = {_name(line): place for place, line in enumerate(lines) if "=" in line and not _is_skipped(line)}
    if lines and lines[-1].splitlines()[0] == lines[-1]:
        lines[-1] += "\n"
    for name, value in values.items():
        if name in places:
            lines[places[name]] = f"{name}={value}\n"
        else:
            lines.append(f"{name}={value}\n")
    return "".join(lines)


def _is_skipped(line: str) -> bool:
    return not line.strip() or line.startswith(("#", "//"))


def _name(line: str) -> str:
    return line.partition("=")[0].strip()
