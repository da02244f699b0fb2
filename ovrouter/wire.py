"""The bytes of one accepted connection, with or without TLS (warm).

Sending does not wait: what the kernel takes leaves at once, without a switch of tasks, and the rest is kept until
:meth:`Wire.drain`. OpenSSL works on the socket itself. ``trio.SSLStream`` offers neither; with it, one small message in
each direction costs several switches and twice the CPU time.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import suppress

import trio

__all__ = ["SEND_TIMEOUT_S", "Wire"]

SEND_TIMEOUT_S = 10.0
"""A peer that takes nothing for this long is gone, or wants our memory."""
RECORD_BYTES = 16 * 1024
"""One TLS record: the most that is read and written at a time (RFC 8446, section 5.1)."""

_WOULD_BLOCK = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)


class Wire:
    """Owns the socket of *stream*; :meth:`handshake` comes first.

    All methods raise trio.BrokenResourceError when the peer is lost; those that wait when :meth:`close` is called raise
    trio.ClosedResourceError.
    """

    def __init__(self, stream: trio.SocketStream, tls: ssl.SSLContext | None) -> None:
        self._socket = socket.socket(fileno=stream.socket.detach())
        self._socket.setblocking(False)
        self._tls = tls
        self.own_address = _address(self._socket.getsockname())
        """Host and port."""
        self.peer_address = _peer_address(self._socket)
        self._unsent = memoryview(b"")

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken."""
        return self._tls is not None

    @property
    def has_unsent(self) -> bool:
        """Whether something waits for :meth:`drain`."""
        return bool(self._unsent)

    async def handshake(self) -> None:
        """Agree on keys with the peer, if TLS is spoken."""
        if self._tls is None:
            return
        try:
            self._socket = tls = self._tls.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
            await _shake_hands(tls)
        except OSError as error:
            raise trio.BrokenResourceError from error

    async def receive(self) -> bytes:
        """What the peer sent next; empty at its end."""
        data = self._take()
        if data is not None:
            await trio.lowlevel.checkpoint()  # a peer that sends without a pause must not keep the others waiting
        while data is None:
            await trio.lowlevel.wait_readable(self._socket)
            data = self._take()
        return data

    def write(self, data: bytes) -> bool:
        """Send *data* after all that was written before; False if a part has to wait for :meth:`drain`."""
        self._unsent = memoryview(bytes(self._unsent) + data) if self._unsent else memoryview(data)
        return self._push()

    async def drain(self) -> None:
        """Return when everything has left; one task at a time. A peer that takes nothing for long counts as lost."""
        while not self._push():
            with trio.move_on_after(SEND_TIMEOUT_S) as patience:
                await trio.lowlevel.wait_writable(self._socket)
            if patience.cancelled_caught:
                raise trio.BrokenResourceError("the peer takes nothing")

    async def send_all(self, data: bytes) -> None:
        """Send *data* and wait until it has left."""
        if not self.write(data):
            await self.drain()

    def close(self) -> None:
        """Say goodbye as far as that takes no time, and close the socket under everybody who waits for it."""
        if self._socket.fileno() == -1:
            return
        with suppress(OSError, ValueError):  # ValueError: there was no handshake
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.unwrap()
        trio.lowlevel.notify_closing(self._socket)
        self._socket.close()

    def _take(self) -> bytes | None:
        """What has come; None if nothing has."""
        try:
            return self._socket.recv(RECORD_BYTES)
        except _WOULD_BLOCK:
            return None
        except OSError as error:
            raise trio.BrokenResourceError from error

    def _push(self) -> bool:
        """Hand the kernel what it takes; whether that is all.

        OpenSSL wants to see a record again that it could not send, in full, if need be with more behind it.
        """
        try:
            while self._unsent:
                self._unsent = self._unsent[self._socket.send(self._unsent[:RECORD_BYTES]) :]
        except _WOULD_BLOCK:
            return False
        except OSError as error:
            raise trio.BrokenResourceError from error
        return True


async def _shake_hands(tls: ssl.SSLSocket) -> None:
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            await trio.lowlevel.wait_readable(tls)
        except ssl.SSLWantWriteError:
            await trio.lowlevel.wait_writable(tls)
        else:
            return


def _peer_address(of: socket.socket) -> tuple[str, int]:
    try:
        return _address(of.getpeername())
    except OSError:  # it has gone already
        return "", 0


def _address(name: tuple[str, int] | tuple[str, int, int, int]) -> tuple[str, int]:
    """An address as everyone else writes it: a dual-stack socket calls 192.0.2.1 ``::ffff:192.0.2.1``."""
    host = ipaddress.ip_address(name[0])
    if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped:
        host = host.ipv4_mapped
    return str(host), name[1]
