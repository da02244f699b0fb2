"""Writes docs/rest.md."""

from pathlib import Path

from tests.contract.rest_statuses.table import render

Path("docs/rest.md").write_text(render(), encoding="utf-8")
