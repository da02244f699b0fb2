"""What commands found, kept until it is published (warm: writes files)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.machine import machine

__all__ = ["RESULTS", "keep", "kept"]

RESULTS = Path(__file__).parent / "results"


def keep(command: str, result: Any) -> None:
    """Print the result of *command* as JSON and keep it in place of its last one."""
    text = json.dumps({"machine": machine(), "result": result}, indent=2)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{command}.json").write_text(text)


def kept(command: str, folder: Path = RESULTS) -> Any:
    """The last result of *command*; None if there is none."""
    path = folder / f"{command}.json"
    return json.loads(path.read_text())["result"] if path.exists() else None
