"""One media worker under supervision: its thread, its sockets, its events (warm)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from pathlib import Path

import trio

from ovrouter._fastpath import Worker
from ovrouter.isolate import isolated_call
from ovrouter.media.addresses import MediaAddress
from ovrouter.media.trace import TraceWriter

__all__ = ["MediaWorker", "format_address"]

OnEvent = Callable[[int, int, bytes], None]


class MediaWorker:
    """A fast-path worker and what Trio knows of it."""

    def __init__(
        self,
        sockets: list[socket.socket],
        addresses: tuple[MediaAddress, ...],
        *,
        hold_us: int = 0,
        trace: Path | None = None,
    ) -> None:
        """*trace*: a file for all that the worker receives. Raises ConfigError if it cannot be written."""
        self.fastpath = Worker(sockets, hold_us=hold_us)
        self._sockets = sockets
        self.candidates = tuple(
            (address.public_ip, sock.getsockname()[1]) for address, sock in zip(addresses, sockets, strict=True)
        )
        """(address, port) as given to clients."""
        self.transport_count = 0
        self._trace = TraceWriter(trace, self.fastpath) if trace else None

    async def run(self, on_event: OnEvent) -> None:
        """Serve until cancelled; *on_event* gets (kind, transport handle, bytes) of each event of the fast path."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._run_thread)
                nursery.start_soon(self._pump_events, on_event)
                if self._trace is not None:
                    nursery.start_soon(self._trace.run)
        finally:
            if self._trace is not None:
                await self._trace.finish()
            self.fastpath.close()
            for sock in self._sockets:
                sock.close()

    async def _run_thread(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stop_when_cancelled)
            # A limiter of its own: the thread lives as long as the router and must not use up the shared ones.
            await trio.to_thread.run_sync(self.fastpath.run, limiter=trio.CapacityLimiter(1))
            nursery.cancel_scope.cancel()

    async def _stop_when_cancelled(self) -> None:
        try:
            await trio.sleep_forever()
        finally:
            self.fastpath.stop()

    async def _pump_events(self, on_event: OnEvent) -> None:
        while True:
            await trio.lowlevel.wait_readable(self.fastpath.event_fd)
            for kind, handle, data in self.fastpath.take_events():
                isolated_call("worker event", on_event, kind, handle, data)


def format_address(address: tuple[bytes, int, int]) -> str:
    """``ip:port`` (``[ip]:port`` for IPv6) of an address as the fast path gives it."""
    ip = ipaddress.ip_address(address[0])
    return f"[{ip}]:{address[1]}" if ip.version == 6 else f"{ip}:{address[1]}"
