"""The encoding thread: a composition to a file, or to a live server for as long as that lasts (warm)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, repeat

from av.error import FFmpegError

from ovrouter.compose.connections import cut_connections
from ovrouter.compose.orders import Failed, Report, Start, Started, Stopped, Trouble
from ovrouter.compose.output_queue import OutputQueue
from ovrouter.compose.writing import ContainerWriter

__all__ = ["Output"]

RETRY_DELAYS_S = (1, 2, 4, 8, 16, 30)
"""Between attempts to reach a live server again; the last one from then on."""
STALL_S = 10.0
"""How long a live server may take nothing before its connection is cut."""


class Output:
    """A running output: its :attr:`queue` is the composer's sink. *report* is called from a thread.

    ``Started`` comes first, then any number of ``Trouble`` (live servers only), then ``Stopped`` or ``Failed``.
    """

    def __init__(self, order: Start, report: Callable[[Report], None]) -> None:
        self._report = report
        self._is_live = order.container == "flv"
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
        self._blocked_since_s: float | None = None
        # A daemon: a server that takes no more of what is being sent must not keep the process alive.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing more will come through the queue."""
        self._is_stopping.set()
        self.queue.end()

    def cut_if_stalled(self, now_s: float) -> None:
        """End a connection whose server takes nothing; to be called now and then. *now_s* is monotonic."""
        blocked_since_s = self._blocked_since_s
        if self._is_live and blocked_since_s is not None and now_s - blocked_since_s > STALL_S:
            cut_connections()

    def wait(self) -> None:
        """Until all is written."""
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._blocking():
                writer: ContainerWriter | None = self._open()
            self._report(Started())
            while writer is not None and not self._writes_to_the_end(writer):
                writer = self._reopened()
        except FFmpegError as error:
            self._report(Failed(_explained(error)))
            self.queue.drain()
        else:
            self._report(Stopped())

    def _writes_to_the_end(self, writer: ContainerWriter) -> bool:
        """Write what comes; False if a live server failed. Raises FFmpegError of a file."""
        try:
            for write in self.queue:
                with self._blocking():
                    write(writer)
            with self._blocking():
                writer.close()
        except FFmpegError as error:
            with self._blocking():
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
                with self._blocking():
                    writer = self._open()
            except FFmpegError as error:
                self._report(Trouble(_explained(error)))
            else:
                self._report(Started())
                return writer
        return None

    @contextmanager
    def _blocking(self) -> Iterator[None]:
        """Note that disk or server is being waited for."""
        self._blocked_since_s = time.monotonic()
        try:
            yield
        finally:
            self._blocked_since_s = None


def _explained(error: FFmpegError) -> str:
    return error.strerror or str(error)
