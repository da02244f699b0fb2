"""A UDP relay on loopback that loses packets at random, both ways."""

from __future__ import annotations

import random
import re
import selectors
import socket
import threading
from contextlib import ExitStack
from typing import Self

__all__ = ["LossyRelay"]

MAX_DATAGRAM_BYTES = 2048
LOOPBACK = "127.0.0.1"


class LossyRelay:
    """Stands before the router's media port, which it learns from the first description that it is to be named in."""

    def __init__(self, loss: float, seed: int) -> None:
        self.loss = loss
        self._random = random.Random(seed)
        self._target: tuple[str, int] | None = None
        self._upstream: dict[tuple[str, int], socket.socket] = {}
        self._closing = ExitStack()
        self.lost = 0

    def __enter__(self) -> Self:
        self._selector = self._closing.enter_context(selectors.DefaultSelector())
        self._listener = self._open_socket(client=None)
        self._stop, stopped = (self._closing.enter_context(end) for end in socket.socketpair())
        self._selector.register(stopped, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.send(b"x")
        self._thread.join()
        self._closing.close()

    def named_in(self, sdp: str) -> str:
        """*sdp* of the router with the relay's port in its candidates."""
        candidate = re.compile(r"(a=candidate:\S+ 1 udp \d+ \S+) (\d+)", re.IGNORECASE)
        self._target = (LOOPBACK, int(candidate.findall(sdp)[0][1]))
        return candidate.sub(rf"\1 {self._listener.getsockname()[1]}", sdp)

    def _open_socket(self, client: tuple[str, int] | None) -> socket.socket:
        """For the router's packets to *client*, or for the packets of all clients."""
        opened = self._closing.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        opened.bind((LOOPBACK, 0))
        self._selector.register(opened, selectors.EVENT_READ, client or "clients")
        return opened

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                data, source = key.fileobj.recvfrom(MAX_DATAGRAM_BYTES)  # type: ignore[union-attr]
                if self._random.random() < self.loss:
                    self.lost += 1
                elif key.data == "clients":
                    self._to_router(data, source)
                else:
                    self._listener.sendto(data, key.data)

    def _to_router(self, data: bytes, source: tuple[str, int]) -> None:
        if self._target is None:
            return
        if source not in self._upstream:
            self._upstream[source] = self._open_socket(source)
        self._upstream[source].sendto(data, self._target)
