"""A TCP relay on loopback that can cut its connections, as a lost network does."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

__all__ = ["Relay"]

_CHUNK_BYTES = 65536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: close() sends RST instead of FIN."""


class Relay:
    """Forwards ``localhost:port`` to *target_port* until :meth:`cut`, and again after :meth:`mend`."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()  # guards _is_cut and _sockets
        self._is_cut = False
        self._sockets: list[socket.socket] = []
        self._threads = [self._start(self._accept)]

    def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        with self._lock:
            self._is_cut = True
            self._reset_all()

    def mend(self) -> None:
        """Accept connections again."""
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        """End all connections and threads."""
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _reset_all(self) -> None:
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
        self._sockets.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        if self._is_cut:
            client.close()
            return
        server = socket.create_connection(self._target)
        self._sockets += [client, server]
        self._threads.append(self._start(self._pump_both, client, server))

    def _pump_both(self, client: socket.socket, server: socket.socket) -> None:
        with client, server:
            upstream = self._start(self._pump, client, server)
            self._pump(server, client)
            upstream.join()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                sink.sendall(chunk)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _start(target: object, *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args)  # type: ignore[arg-type]
        thread.start()
        return thread
