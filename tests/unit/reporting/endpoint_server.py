"""An application's webhook endpoint: HTTP on real sockets, as good or bad as a test wants it."""

import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import h11
import trio

__all__ = ["Answer", "EndpointServer", "Request", "open_endpoint_server"]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for given, value in self.headers if given == name]

    @property
    def id(self) -> str:
        (value,) = self.header("webhook-id")
        return value

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    missing_bytes: int = 0
    """Of the body; they are promised, and the connection is closed instead."""


async def take_all(request: Request) -> Answer | None:
    return Answer()


class EndpointServer:
    """*answer* decides what each request gets; None closes the connection without an answer.

    It has its port from the start and refuses connections until :meth:`listen`.
    """

    def __init__(self, socket: trio.socket.SocketType, nursery: trio.Nursery, tls: ssl.SSLContext | None) -> None:
        self.answer: Callable[[Request], Awaitable[Answer | None]] = take_all
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._nursery = nursery
        self._arrival = trio.lowlevel.ParkingLot()
        self._socket = socket

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://localhost:{self._socket.getsockname()[1]}/hook"

    def listen(self) -> None:
        self._socket.listen(64)
        listener = trio.SocketListener(self._socket)
        self._nursery.start_soon(partial(trio.serve_listeners, self._serve, [listener]))

    async def arrived(self, count: int, **members: Any) -> list[Request]:
        """The requests so far whose events have these *members*, as soon as there are *count* of them."""
        while len(found := [each for each in self.requests if members.items() <= each.json.items()]) < count:
            await self._arrival.park()
        return found

    async def _serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        secured = stream if self._tls is None else trio.SSLStream(stream, self._tls, server_side=True)
        try:
            while await self._serve_request(secured):
                pass
        except (trio.BrokenResourceError, h11.RemoteProtocolError):
            pass  # the client went away, or would not trust us
        finally:
            await trio.aclose_forcefully(secured)

    async def _serve_request(self, stream: trio.abc.Stream) -> bool:
        connection = h11.Connection(h11.SERVER)
        request = await _read_request(connection, stream)
        if request is None:
            return False
        self.requests.append(request)
        self._arrival.unpark_all()
        answer = await self.answer(request)
        if answer is None:
            return False
        headers = [*answer.headers, ("Content-Length", str(len(answer.body) + answer.missing_bytes))]
        head = h11.Response(status_code=answer.status, headers=headers)
        for event in (head, h11.Data(data=answer.body)):
            await stream.send_all(connection.send(event))
        return not answer.missing_bytes


async def _read_request(connection: h11.Connection, stream: trio.abc.Stream) -> Request | None:
    head, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await stream.receive_some())
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            headers = [(name.decode(), value.decode()) for name, value in head.headers]
            return Request(head.method.decode(), head.target.decode(), headers, body)
        else:
            return None


@asynccontextmanager
async def open_endpoint_server(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[EndpointServer]:
    with trio.socket.socket() as socket:
        await socket.bind(("127.0.0.1", 0))
        async with trio.open_nursery() as nursery:
            yield EndpointServer(socket, nursery, tls)
            nursery.cancel_scope.cancel()
