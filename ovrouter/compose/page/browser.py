"""Chromium, and the one page that it shows (warm)."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from ovrouter.compose.orders import OpenPage
from ovrouter.compose.page import programs
from ovrouter.compose.page.devtools import DevTools, Message
from ovrouter.errors import CompositionFailed

__all__ = ["Browser"]

LOAD_S: Final = 30.0
"""For the browser to start and to load the page (as documented for the start of a recording)."""
_COMMANDS_FD, _EVENTS_FD = 3, 4
"""Where Chromium looks for the pipes of --remote-debugging-pipe."""
_FLAGS: Final = (
    "--remote-debugging-pipe",
    "--kiosk",
    "--incognito",  # what it learns, the secret too, stays in memory
    "--window-position=0,0",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have 64 MiB of it
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-features=Translate,MediaRouter",
    "--disable-sync",
    "--hide-crash-restore-bubble",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
)
_FIRST_HTTP_ERROR: Final = 400


class Browser:
    """A running Chromium. All methods raise CompositionFailed."""

    def __init__(self, folder: Path, page: OpenPage, environment: Mapping[str, str]) -> None:
        self._page = page
        self._deadline_s = time.monotonic() + LOAD_S
        flags = [*_FLAGS, *_flags_for(page), f"--user-data-dir={folder}/browser"]
        commands, events = _high_pipe(), _high_pipe()
        take_pipes = partial(_take_pipes, commands[0], events[1])
        self.process: subprocess.Popen[bytes] = programs.start(
            [programs.program(*programs.BROWSERS), *flags, "about:blank"], environment, prepare=take_pipes
        )
        os.close(commands[0])
        os.close(events[1])
        self._devtools = DevTools(events[0], commands[1])

    def fileno(self) -> int:
        """Readable when :meth:`check` may have something to say."""
        return self._devtools.reading

    def open_page(self) -> None:
        """Return when the page is loaded."""
        call = partial(self._devtools.call, deadline_s=self._deadline_s)
        target = self._first_page()
        session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Inspector", "Network"):
            call(f"{domain}.enable", session=session)
        # A window is not narrower than 500 pixels, whatever it was asked for.
        size = {"width": self._page.width, "height": self._page.height}
        call("Emulation.setDeviceMetricsOverride", session=session, **size, deviceScaleFactor=1, mobile=False)
        answer = call("Page.navigate", session=session, url=self._page.url)
        if "errorText" in answer:
            raise CompositionFailed(f"the layout's page cannot be loaded: {answer['errorText']}")
        while (event := self._devtools.next_event(self._deadline_s))["method"] != "Page.loadEventFired":
            _require_success(event, answer["frameId"])
        call("Network.disable", session=session)

    def check(self) -> None:
        """Look whether the page is still there."""
        for event in self._devtools.take_events():
            if event["method"] == "Inspector.targetCrashed":
                raise CompositionFailed("the layout's page crashed")

    def _first_page(self) -> str:
        self._devtools.call("Target.setDiscoverTargets", self._deadline_s, discover=True)
        while True:
            event = self._devtools.next_event(self._deadline_s)
            if event["method"] == "Target.targetCreated" and event["params"]["targetInfo"]["type"] == "page":
                return str(event["params"]["targetInfo"]["targetId"])


def _flags_for(page: OpenPage) -> list[str]:
    flags = [f"--window-size={page.width},{page.height}"]
    if page.trusted_key:
        flags.append(f"--ignore-certificate-errors-spki-list={page.trusted_key}")
    if page.is_any_certificate_fine:
        flags.append("--ignore-certificate-errors")
    if os.geteuid() == 0:
        # Chromium does not start otherwise; --test-type keeps it from telling that to those who watch.
        flags += ["--no-sandbox", "--test-type"]
    return flags


def _require_success(event: Message, frame: str) -> None:
    if event["method"] != "Network.responseReceived" or event["params"]["type"] != "Document":
        return
    status = event["params"]["response"]["status"]
    if event["params"].get("frameId") == frame and status >= _FIRST_HTTP_ERROR:
        raise CompositionFailed(f"the layout's page cannot be loaded: its server answers {status}")


def _high_pipe() -> tuple[int, int]:
    """A pipe whose ends are out of the way of those that Chromium wants."""
    reading, writing = os.pipe()
    ends = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (reading, writing))
    os.close(reading)
    os.close(writing)
    return ends[0], ends[1]


def _take_pipes(commands: int, events: int) -> None:
    os.dup2(commands, _COMMANDS_FD)
    os.dup2(events, _EVENTS_FD)
