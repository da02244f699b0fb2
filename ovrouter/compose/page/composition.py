"""The router's side of the process that shows a page (warm)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from ovrouter.children import open_child
from ovrouter.compose.orders import OpenPage
from ovrouter.compose.page.programs import require_programs
from ovrouter.compose.production import FINISH_S, Production
from ovrouter.isolate import lone_exceptions

__all__ = ["open_page"]


@asynccontextmanager
async def open_page(page: OpenPage, name: str) -> AsyncIterator[Production]:
    """Show *page* for the length of an ``async with`` block, which begins when it is loaded; *name* is for the log.

    At its end the process finishes what it writes. Raises CompositionFailed if it cannot be shown.
    """
    require_programs()
    with tempfile.TemporaryDirectory(prefix="ovrouter-page-", ignore_cleanup_errors=True) as folder, lone_exceptions():
        arguments = [sys.executable, "-m", "ovrouter.compose.page", folder]
        async with open_child(arguments, name=name, finish_s=FINISH_S) as child, trio.open_nursery() as nursery:
            production = _ShownPage(child)
            nursery.start_soon(production.read_reports)
            await production.open(page)
            try:
                yield production
            finally:
                production.ended.set()
                nursery.cancel_scope.cancel()


class _ShownPage(Production):
    """A page finds by itself what it shows: it joins the Session."""

    async def open(self, page: OpenPage) -> None:
        """Return when it is loaded. Raises CompositionFailed."""
        await self._send(page)
        await self.wait_listening()
