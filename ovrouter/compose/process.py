"""The composer's process: taps and orders in, reports out (warm).

Orders come on standard input, reports go to standard output, media comes over the Unix socket whose path is the only
argument. The end of standard input means to stop and to end.
"""

from __future__ import annotations

import selectors
import socket
import time
from functools import partial
from typing import Final

from ovrouter.compose.composer import Composer
from ovrouter.compose.conversation import OrderPipe, report
from ovrouter.compose.orders import (
    AddStream,
    KeyframeWanted,
    Listening,
    Order,
    RemoveStream,
    Start,
    Stop,
    SwitchVideo,
)
from ovrouter.compose.output import Output
from ovrouter.compose.participant import Participant
from ovrouter.depacketize import TapReader

__all__ = ["run"]

_TICK_S: Final = 0.02
"""Between looks at what came: a wake-up for every packet would cost more than all that is done with it."""
_KEYFRAME_INTERVAL_US: Final = 1_000_000
_MAX_MESSAGE_BYTES: Final = 64 * 1024
_MAX_MESSAGES_PER_TURN: Final = 256
"""So that a fast publisher keeps neither the others nor the orders waiting."""


def run(path: str) -> None:
    """Compose until standard input ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        listener.setblocking(False)
        _Process(listener).run()


class _Process:
    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._composer = Composer(_now_us())
        self._readers: dict[socket.socket, TapReader] = {}
        self._orders: OrderPipe[Order] = OrderPipe(Order)
        self._output: Output | None = None
        self._keyframes_wanted_us = 0

    def run(self) -> None:
        """Serve until standard input ends."""
        self._selector.register(self._orders.fileno, selectors.EVENT_READ, self._read_orders)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        report(Listening())
        while not self._orders.is_ended:
            for key, _ in self._selector.select(0):
                key.data()
            self._compose()
            time.sleep(_TICK_S)
        self._stop()
        if self._output is not None:
            self._output.wait()

    def _compose(self) -> None:
        now_us = _now_us()
        for reader in self._readers.values():
            for frame in reader.frames(now_us):
                self._composer.receive(reader.tap_id or "", frame)
        self._composer.advance(now_us)
        self._want_keyframes(now_us)
        if self._output is not None:
            self._output.cut_if_stalled(time.monotonic())

    def _want_keyframes(self, now_us: int) -> None:
        wanting = {reader.tap_id for reader in self._readers.values() if reader.take_keyframe_wish()}
        if now_us - self._keyframes_wanted_us > _KEYFRAME_INTERVAL_US:
            self._keyframes_wanted_us = now_us
            wanting.update(self._composer.awaiting_keyframes)
        for id_ in wanting:
            report(KeyframeWanted(id_ or ""))

    def _read_orders(self) -> None:
        for order in self._orders.read():
            self._obey(order)

    def _obey(self, order: Order) -> None:
        match order:
            case AddStream():
                participant = Participant(order.name, is_screen=order.is_screen, is_video_on=order.is_video_on)
                self._composer.add(order.id, participant)
            case RemoveStream():
                self._composer.remove(order.id)
            case SwitchVideo():
                self._composer.switch_video(order.id, is_on=order.is_on)
            case Start():
                self._start(order)
            case Stop():
                self._stop()

    def _start(self, order: Start) -> None:
        self._stop()
        self._output = Output(order, report)
        self._composer.start(self._output.queue, _now_us())

    def _stop(self) -> None:
        self._composer.stop(_now_us())
        if self._output is not None:
            self._output.stop()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        self._readers[connection] = TapReader()
        self._selector.register(connection, selectors.EVENT_READ, partial(self._receive, connection))

    def _receive(self, connection: socket.socket) -> None:
        now_us = _now_us()
        for _ in range(_MAX_MESSAGES_PER_TURN):
            try:
                message = connection.recv(_MAX_MESSAGE_BYTES)
            except BlockingIOError:
                return
            except ConnectionError:
                message = b""
            if not message:
                self._forget(connection)
                return
            self._readers[connection].receive(message, now_us)

    def _forget(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()
        del self._readers[connection]


def _now_us() -> int:
    return time.monotonic_ns() // 1000
