"""The encoding thread: a composition to a file, or to a live server for as long as that lasts (warm)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat

from ovrouter.compose.orders import Failed, Report, Start, Started, Stopped, Trouble
from ovrouter.compose.output_queue import OutputQueue
from ovrouter.compose.writing import ContainerWriter

__all__ = ["Output"]

RETRY_DELAYS_S = (1, 2, 4, 8, 16, 30)
"""Between attempts to reach a live server again; the last one from then on."""


class Output:
    """A running output: its :attr:`queue` is the composer's sink. *report* is called from a thread.

    ``Started`` comes first, then any number of ``Trouble`` (live servers only), then ``Stopped`` or ``Failed``.
    """

    def __init__(self, order: Start, report: Callable[[Report], None]) -> None:
        self._report = report
        self._is_live = "://" in order.url
        size = (order.width // 2 * 2, order.height // 2 * 2) if order.width and order.height else None
        self.queue = OutputQueue(size, order.frame_rate, is_live=self._is_live)
        self._open = partial(
            ContainerWriter,
            order.url,
            order.container,
            size=size,
            frame_rate=order.frame_rate,
            has_audio=order.has_audio,
        )
        self._is_stopping = threading.Event()
        # A daemon: a server that takes no more of what is being sent must not keep the process alive.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing more will come through the queue."""
        self._is_stopping.set()
        self.queue.end()

    def wait(self) -> None:
        """Until all is written."""
        self._thread.join()

    def _run(self) -> None:
        try:
            writer: ContainerWriter | None = self._open()
            self._report(Started())
            while writer is not None and not self._writes_to_the_end(writer):
                writer = self._reopened()
        except OSError as error:
            self._report(Failed(_explained(error)))
            self.queue.drain()
        else:
            self._report(Stopped())

    def _writes_to_the_end(self, writer: ContainerWriter) -> bool:
        """Write what comes; False if a live server failed. Raises OSError of a file."""
        try:
            for write in self.queue:
                write(writer)
            writer.close()
        except OSError as error:
            writer.abandon()
            if not self._is_live:
                raise
            self._report(Trouble(_explained(error)))
            return False
        return True

    def _reopened(self) -> ContainerWriter | None:
        """Try until a live server takes the stream again; None if the output was stopped meanwhile."""
        for delay_s in chain(RETRY_DELAYS_S, repeat(RETRY_DELAYS_S[-1])):
            if self._is_stopping.wait(delay_s):
                break
            self.queue.clear()
            try:
                writer = self._open()
            except OSError as error:
                self._report(Trouble(_explained(error)))
            else:
                self._report(Started())
                return writer
        return None


def _explained(error: OSError) -> str:
    return error.strerror or str(error)
