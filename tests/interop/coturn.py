"""A real coturn with the file that ``ovrouter coturn-config`` writes."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.browser.router_process import REPOSITORY
from tests.interop.turn import TurnClient

__all__ = ["HOST", "free_port", "run_coturn"]

HOST = "127.0.0.1"
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10
POLL_INTERVAL_S = 0.05


def free_port() -> int:
    """A port that nobody uses now, for UDP and TCP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((HOST, 0))
            # A port that is free for TCP may be somebody's for UDP.
            with contextlib.suppress(OSError):
                udp.bind(tcp.getsockname())
                return int(tcp.getsockname()[1])


@contextlib.contextmanager
def run_coturn(folder: Path, *relay_ips: str, **settings: str) -> Iterator[None]:
    """Serve clients on :data:`HOST` with the file for a router of these *settings*; relay from *relay_ips*."""
    program = shutil.which("turnserver")
    assert program, "coturn is missing; install it with: apt install coturn"
    config = folder / "turnserver.conf"
    config.write_text(_written_by_ovrouter(folder, settings))
    here = ["--listening-ip", HOST, *(word for ip in relay_ips for word in ("--relay-ip", ip))]
    files = ["--log-file", "stdout", "--pidfile", str(folder / "pid"), "--userdb", str(folder / "turndb")]
    with (folder / "coturn.log").open("w") as log:
        process = subprocess.Popen([program, "-c", str(config), *here, *files], stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_until_it_answers(process, int(settings["COTURN_PORT"]), folder / "coturn.log")
            yield
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)


def _written_by_ovrouter(folder: Path, settings: dict[str, str]) -> str:
    command = [sys.executable, "-m", "ovrouter", "coturn-config"]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    ended = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with TurnClient((HOST, port)) as probe:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                probe.ask_address()
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                time.sleep(POLL_INTERVAL_S)  # it does not listen yet, and has no other way to tell
            else:
                return
    raise AssertionError(f"coturn does not answer: {log.read_text()}")
