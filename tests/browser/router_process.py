"""``ovrouter serve`` as a child process, as a user runs it, and its REST API."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import ovrouter

__all__ = ["SECRET", "RouterProcess", "run_router"]

SECRET = "browser-test-secret"
REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 120
"""For its start, its end and each answer: so that a test fails rather than hangs, on a busy machine too."""

LOOPBACK_SETTINGS = {
    "DOMAIN_OR_PUBLIC_IP": "localhost",
    "HTTPS_PORT": "0",
    "OPENVIDU_SECRET": SECRET,
    "OVROUTER_LISTEN_IP": "127.0.0.1",
    "OVROUTER_MEDIA_IP": "127.0.0.1",
    "OVROUTER_MEDIA_PORT": "0",
}


@dataclass(frozen=True, slots=True)
class RouterProcess:
    """A router that serves ``url``; ``rest`` is an authorised client of its API, ``log_path`` where its log goes."""

    url: str
    rest: httpx.Client
    process: subprocess.Popen[str]
    log_path: Path

    @property
    def port(self) -> int:
        """Of HTTPS and WebSockets."""
        port = urlsplit(self.url).port
        assert port is not None
        return port

    def create_session(self, **properties: Any) -> str:
        """``POST /sessions``; the id of the new Session."""
        return str(self._post("sessions", properties)["id"])

    def create_token(self, session_id: str, **properties: Any) -> str:
        """``POST /sessions/<id>/connection``; the token URL of the new Connection."""
        return str(self._post(f"sessions/{session_id}/connection", properties)["token"])

    def signal(self, session_id: str, **body: Any) -> None:
        """``POST /signal``."""
        self._post("signal", {"session": session_id, **body})

    def delete(self, path: str) -> None:
        """``DELETE`` below ``/openvidu/api/``; 204 is expected."""
        response = self.rest.delete(f"/openvidu/api/{path}")
        assert response.status_code == httpx.codes.NO_CONTENT, response.text

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        response = self.rest.post(f"/openvidu/api/{path}", json=body)
        assert response.status_code == httpx.codes.OK, response.text
        return response.json() if response.content else None


@contextlib.contextmanager
def run_router(
    folder: Path, *, exit_status: int = 0, within: Sequence[str] = (), **settings: str
) -> Iterator[RouterProcess]:
    """Run a router on loopback with data and log in *folder*; it must end as told, without a traceback or a child.

    *within* is a command that becomes the command that follows it.
    """
    log_path = folder / "router.log"
    with log_path.open("w") as log, _start(folder, log, within, settings) as process:
        try:
            url = _wait_until_ready(process, log_path)
            with httpx.Client(base_url=url, auth=("OPENVIDUAPP", SECRET), verify=False, timeout=TIMEOUT_S) as rest:
                yield RouterProcess(url, rest, process, log_path)
        finally:
            process.terminate()
            try:
                status = process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert status == exit_status, log_path.read_text()
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert "Traceback" not in log_path.read_text(), log_path.read_text()


def _start(folder: Path, log: Any, within: Sequence[str], settings: dict[str, str]) -> subprocess.Popen[str]:
    assignments = {**LOOPBACK_SETTINGS, "OVROUTER_DATA_DIR": str(folder / "data"), **settings}
    command = [*within, sys.executable, "-m", "ovrouter", "serve"]
    for name, value in assignments.items():
        command += ["--set", f"{name}={value}"]
    # The router that is tested here, in a folder that is not the repository: no .env is there.
    environment = {**os.environ, "PYTHONPATH": str(Path(ovrouter.__file__).parents[1])}
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,  # so that its children can be told from others
    )


def _wait_until_ready(process: subprocess.Popen[str], log_path: Path) -> str:
    lines: queue.Queue[str] = queue.Queue()
    stdout = process.stdout
    assert stdout is not None
    threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=TIMEOUT_S)
    except queue.Empty:
        line = ""
    assert line.startswith("ready https://"), f"the router did not start: {line}{log_path.read_text()}"
    return line.removeprefix("ready ").strip()
