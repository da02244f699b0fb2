"""Chromium with fake devices, driven by Playwright; and the web server of the test pages."""

from __future__ import annotations

import contextlib
import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

__all__ = ["launch_chromium", "serve_pages"]

HERE = Path(__file__).parent
FLAGS = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-sandbox",
]


@contextlib.contextmanager
def launch_chromium() -> Iterator[Browser]:
    """One browser process with a fake camera (a moving pie), microphone (a beep) and screen."""
    unpacked = shutil.which("chromium", path=HERE.parent / "chromium")
    executable = shutil.which("chromium") or shutil.which("google-chrome") or unpacked
    if executable is None:
        message = "Chromium is missing; `make test` installs it"
        raise RuntimeError(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=FLAGS,
            ignore_default_args=["--mute-audio"],  # muted audio has no energy to measure
        )
        with browser:
            yield browser


@contextlib.contextmanager
def serve_pages() -> Iterator[str]:
    """Serve this folder on loopback; the URL of its ``pages``."""
    handler = functools.partial(_QuietHandler, directory=str(HERE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}/pages"
        finally:
            server.shutdown()
            thread.join()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the output for the tests."""
