"""The HTTPS server: accepts, TLS, limits and an orderly end; what is asked goes to an ASGI application (warm)."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import hypercorn
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

from ovrouter.http_connection import HttpConnection, WebSocketApp
from ovrouter.isolate import isolated
from ovrouter.tls import CertificateFiles, follow_renewals

if TYPE_CHECKING:
    from ovrouter.config import Config

__all__ = ["ASGIApp", "serve_http"]

SHUTDOWN_GRACE_S = 1.5
"""At shutdown: when every socket is closed, finished or not. Requests get a second of it to finish, and the rest is for
clients to take what they were sent."""
MAX_CONNECTIONS = 10_000
"""Some 50 kB each with its TLS state: half a gigabyte, and more than one machine's media can serve."""
MAX_HEAD_BYTES = 16 * 1024
"""Request line and headers; the longest honest one carries a token URL of about 1 kB and some cookies."""
BACKLOG = 1024
"""Connections the kernel holds while we are busy: all clients come back at once after a restart."""

_log = logging.getLogger("ovrouter.http")

ASGIApp: TypeAlias = ASGIFramework


async def serve_http(
    app: ASGIApp,
    websocket_apps: Mapping[str, WebSocketApp],
    config: Config,
    certificate: CertificateFiles | None,
    *,
    shutdown: trio.Event,
    task_status: trio.TaskStatus[list[tuple[str, int]]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve *app* on ``OVROUTER_LISTEN_IP`` until *shutdown* is set, then end within three seconds.

    WebSockets go to the application of their path; others are refused with 403.

    HTTPS with *certificate*; None: HTTP, for a proxy that ends TLS.

    ``task_status`` gets the ``(host, port)`` pairs that are listened on. At shutdown requests in progress get a second
    and WebSocket applications are cancelled; cancellation closes everything at once.

    Raises OSError with a message for the user when the address cannot be bound, ssl.SSLError for a bad certificate.
    """
    settings = _hypercorn_settings()
    wrapped = ASGIWrapper(_refusing_ambiguous_length(app))
    connections = _Connections(wrapped, websocket_apps, settings, certificate)
    listener = _listen(config.ovrouter_listen_ip, config.listen_port)
    lifespan = Lifespan(wrapped, settings, {})
    async with listener, trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        host, port = listener.socket.getsockname()[:2]
        if certificate:
            nursery.start_soon(follow_renewals, certificate, connections.load_certificate)
        task_status.started([(host, port)])
        await connections.serve(listener, shutdown)
        await lifespan.wait_for_shutdown()
        nursery.cancel_scope.cancel()


class _Connections:
    """All connections of one server."""

    def __init__(
        self,
        app: ASGIWrapper,
        websocket_apps: Mapping[str, WebSocketApp],
        settings: hypercorn.Config,
        certificate: CertificateFiles | None,
    ) -> None:
        self._app = app
        self._websocket_apps = websocket_apps
        self._settings = settings
        self._certificate = certificate
        self._tls: ssl.SSLContext | None = None
        self.load_certificate()
        self._context = WorkerContext(max_requests=None)
        self._open: set[HttpConnection] = set()
        self._none_open = trio.Event()

    def load_certificate(self) -> None:
        """Use what the certificate's files hold now. Raises OSError; then nothing has changed."""
        if self._certificate:
            self._tls = _tls_context(self._certificate)

    async def serve(self, listener: trio.SocketListener, shutdown: trio.Event) -> None:
        """Serve what *listener* accepts until *shutdown*; afterwards every socket is closed."""
        async with trio.open_nursery() as nursery:
            try:
                async with trio.open_nursery() as accepting:
                    accepting.start_soon(
                        partial(trio.serve_listeners, self._accepted, [listener], handler_nursery=nursery)
                    )
                    await shutdown.wait()
                    accepting.cancel_scope.cancel()
                await self._drain()
            finally:
                nursery.cancel_scope.cancel()

    async def _accepted(self, stream: trio.SocketStream) -> None:
        if len(self._open) >= MAX_CONNECTIONS:
            return
        connection = HttpConnection(stream, self._tls, self._app, self._websocket_apps, self._settings, self._context)
        self._open.add(connection)
        if len(self._open) == MAX_CONNECTIONS:
            _log.warning("%d connections are open: refusing more", MAX_CONNECTIONS)
        try:
            await isolated("http connection", connection.run)
        finally:
            connection.close()
            self._open.discard(connection)
            if not self._open:
                self._none_open.set()

    async def _drain(self) -> None:
        await self._context.terminated.set()
        if not self._open:
            return
        self._none_open = trio.Event()
        for connection in self._open:
            connection.finish()
        with trio.move_on_after(SHUTDOWN_GRACE_S):
            await self._none_open.wait()


def _refusing_ambiguous_length(app: ASGIApp) -> ASGIApp:
    """Refuse a request that says twice how long it is, the way to smuggle one past a proxy (RFC 9112 section 6.3)."""

    async def strict(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or not {b"content-length", b"transfer-encoding"} <= dict(scope["headers"]).keys():
            await app(scope, receive, send)
            return
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return strict


def _hypercorn_settings() -> hypercorn.Config:
    settings = hypercorn.Config()
    settings.accesslog = None  # request lines carry tokens
    settings.errorlog = _log
    settings.h11_max_incomplete_size = MAX_HEAD_BYTES
    settings.include_server_header = False
    return settings


def _tls_context(certificate: CertificateFiles) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # it would make a write wait for the peer
    context.load_cert_chain(certificate.certificate_path, certificate.key_path)
    context.set_alpn_protocols(["http/1.1"])  # WebSockets over HTTP/2 cost more and gain nothing here
    return context


def _listen(host: str, port: int) -> trio.SocketListener:
    """Listen on one address; ``::`` and the empty string mean every address, of both families where there are two."""
    try:
        return trio.SocketListener(trio.socket.from_stdlib_socket(_bound_socket(host, port)))
    except OSError as error:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        raise OSError(error.errno, f"cannot listen on {place}: {_bind_advice(error)}") from error


def _bound_socket(host: str, port: int) -> socket.socket:
    if host not in {"", "::"}:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    if socket.has_dualstack_ipv6():
        return socket.create_server(("::", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True)
    return socket.create_server(("", port), backlog=BACKLOG)


def _bind_advice(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "the port is in use; stop the program that has it or set another HTTPS_PORT"
        case errno.EACCES:
            return "not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE, or set another HTTPS_PORT"
        case errno.EADDRNOTAVAIL:
            return "this machine does not have the address; correct OVROUTER_LISTEN_IP"
        case _:
            return error.strerror or str(error)
