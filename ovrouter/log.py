"""Log lines: one per record, on stderr, without secrets (contract: standard library only).

Loggers are named by topic (``ovrouter.ice``, ``ovrouter.rest``, ...), so a level can be set for one topic alone. Only
the command line calls :func:`configure`; an embedding program keeps its own logging and may use :class:`LineFormatter`.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

__all__ = ["LEVELS", "LineFormatter", "configure", "parse_levels", "redact"]

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_REDACTED = "…"
_SECRET_PATTERNS = (
    re.compile(r"(\btok_)\w+"),
    re.compile(r"(\bBasic\s+)[\w+/=.-]+", re.IGNORECASE),
    re.compile(r"(\b(?:turnCredential|credential|secret|password|staticAuthSecret)=)[^&\s,'\"]+", re.IGNORECASE),
    re.compile(r"(\ba=ice-pwd:)\S+"),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* without tokens, Basic credentials, ICE passwords and the given *secrets*."""
    for pattern in _SECRET_PATTERNS:
        text = pattern.sub(rf"\1{_REDACTED}", text)
    for secret in secrets:
        text = text.replace(secret, _REDACTED)
    return text


class LineFormatter(logging.Formatter):
    """Formats a record, its exception included, as one redacted line.

    Whatever a peer sent stays inside its line: line breaks and other control characters are escaped.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")
        self._secrets = tuple(secret for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of *record*."""
        record.message = record.getMessage()
        record.asctime = self.formatTime(record)
        line = self.formatMessage(record)
        if record.exc_info and record.exc_info[1]:
            line = f"{line}: {_describe(record.exc_info[1])}"
        return redact(_escape_controls(line), self._secrets)


def configure(levels: str, secrets: Iterable[str] = ()) -> None:
    """Send ovrouter's log to stderr.

    *levels* is ``OVROUTER_LOG_LEVEL``: a level, and levels of single topics, as in ``info,ice=debug,dtls=debug``.
    Raises ValueError if it is malformed. Calling it again replaces what the call before set.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(secrets))
    root = logging.getLogger("ovrouter")
    root.handlers = [handler]
    root.propagate = False
    for topic, level in parse_levels(levels).items():
        logging.getLogger(f"ovrouter.{topic}" if topic else "ovrouter").setLevel(level)


def parse_levels(text: str) -> dict[str, int]:
    """Parse ``info,ice=debug`` to ``{"": 20, "ice": 10}``; raises ValueError with a message for the operator."""
    levels = {"": logging.INFO}
    for part in text.split(","):
        topic, _, level = part.strip().lower().rpartition("=")
        if level not in LEVELS:
            raise ValueError(f"Must be one of [{', '.join(LEVELS)}], optionally followed by ,TOPIC=LEVEL")
        levels[topic] = LEVELS[level]
    return levels


def _describe(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    described = f"{type(error).__name__}: {error} [{where}]"
    return f"{described}; caused by {_describe(error.__cause__)}" if error.__cause__ else described


def _escape_controls(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
