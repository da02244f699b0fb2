"""An application on unmodified openvidu-node-client, as a child process."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["NodeApplication", "NodeError", "run_node_application"]

HERE = Path(__file__).parent
STOP_TIMEOUT_S = 10


class NodeError(Exception):
    """The library rejected; the message is that of its Error, which for an HTTP status is the status alone."""


class NodeApplication:
    """Runs JavaScript; :meth:`run` is documented in ``node_application.cjs``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, body: str, **values: Any) -> Any:
        """The value that *body* returns; *values* are constants in it. Raises NodeError."""
        constants = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(constants + body) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise NodeError(answer["error"])
        return answer["value"]


@contextlib.contextmanager
def run_node_application(url: str, secret: str, certificate: Path) -> Iterator[NodeApplication]:
    """Run an application that trusts *certificate*."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "openvidu-node-client").exists():
        message = f"openvidu-node-client is missing; install it with: npm install --no-package-lock --prefix {HERE}"
        raise RuntimeError(message)
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate)}
    command = [node, "--dns-result-order=ipv4first", str(HERE / "node_application.cjs"), url, secret]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield NodeApplication(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                status = process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert status == 0
