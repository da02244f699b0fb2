"""The process that shows a page, and writes what is seen and heard (warm).

Orders come on standard input, the page first; reports go to standard output. The end of standard input means to stop
and to end.
"""

from __future__ import annotations

import os
import selectors
import time
from functools import partial
from pathlib import Path
from typing import Final

from ovrouter.compose.conversation import OrderPipe, report
from ovrouter.compose.orders import Failed, Listening, OpenPage, PageOrder, Start, Stop
from ovrouter.compose.output import Output
from ovrouter.compose.page import programs
from ovrouter.compose.page.browser import Browser
from ovrouter.compose.page.hearing import Hearing
from ovrouter.compose.page.screen import Camera, Screen
from ovrouter.compose.page.sound_card import SoundCard
from ovrouter.errors import CompositionFailed

__all__ = ["run"]

_TICK_S: Final = 0.05
"""The longest that sound waits to be passed on."""
_PATIENCE_S: Final = 1.0
"""For the browser to end by itself."""


def run(folder: str) -> None:
    """Show a page until standard input ends; *folder* is private, and for what the programs leave."""
    programs.adopt_orphans()
    process = _Process(Path(folder))
    try:
        process.run()
    except CompositionFailed as error:
        process.fail(str(error))
    finally:
        process.close()


class _Process:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._selector = selectors.DefaultSelector()
        self._orders: OrderPipe[PageOrder] = OrderPipe(PageOrder)
        self._hearing = Hearing(_now_us())
        self._screen: Screen | None = None
        self._camera: Camera | None = None
        self._output: Output | None = None

    def run(self) -> None:
        """Serve until standard input ends. Raises CompositionFailed when there is nothing to see or hear any more."""
        self._selector.register(self._orders.fileno, selectors.EVENT_READ, self._read_orders)
        while not self._orders.is_ended:
            for key, _ in self._selector.select(_TICK_S):
                key.data()
            self._hearing.advance(_now_us())
            if self._output is not None:
                self._output.cut_if_stalled(time.monotonic())

    def fail(self, why: str) -> None:
        """Keep what was written, and say why there is no more."""
        self._stop()
        report(Failed(why))

    def close(self) -> None:
        """Write to the end, and end the programs."""
        self._stop()
        programs.end_children(_PATIENCE_S)
        if self._output is not None:
            self._output.wait()

    def _read_orders(self) -> None:
        for order in self._orders.read():
            match order:
                case OpenPage():
                    self._open(order)
                case Start():
                    self._start(order)
                case Stop():
                    self._stop()

    def _open(self, page: OpenPage) -> None:
        private = {"HOME": str(self._folder), "XDG_RUNTIME_DIR": str(self._folder), "TMPDIR": str(self._folder)}
        # An address, or libraries would start a message bus; nobody is there.
        environment = {**os.environ, **private, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self._folder}/no-bus"}
        screen = self._screen = Screen(self._folder, page.width, page.height, environment)
        card = SoundCard(self._folder, environment)
        browser = Browser(self._folder, page, environment | screen.environment | card.environment)
        # For the library that takes the pictures.
        os.environ.update(screen.environment)
        self._watch("the screen", screen.process.pid)
        self._watch("the sound card", card.process.pid)
        self._watch("the browser", browser.process.pid)
        browser.open_page()
        self._selector.register(browser, selectors.EVENT_READ, browser.check)
        self._selector.register(card, selectors.EVENT_READ, partial(self._hear, card))
        report(Listening())

    def _watch(self, name: str, pid: int) -> None:
        self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, partial(_lost, name))

    def _hear(self, card: SoundCard) -> None:
        for chunk in card.read():
            self._hearing.receive(chunk, _now_us())

    def _start(self, order: Start) -> None:
        self._stop()
        assert self._screen is not None  # noqa: S101 - the page comes first
        self._output = Output(order, report)
        began_us = _now_us()
        self._hearing.start(self._output.queue, began_us)
        self._camera = Camera(self._screen.display, self._output.queue, began_us, _report_failure)

    def _stop(self) -> None:
        if self._camera is not None:
            self._camera.stop()
            self._camera = None
        self._hearing.stop(_now_us())
        if self._output is not None:
            self._output.stop()


def _report_failure(why: str) -> None:
    report(Failed(why))


def _lost(name: str) -> None:
    raise CompositionFailed(f"{name} ended")


def _now_us() -> int:
    return time.monotonic_ns() // 1000
