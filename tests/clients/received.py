"""What a live server received of a broadcast, for tests that block."""

from __future__ import annotations

from pathlib import Path

import av
import trio

from tests.interop.rtmp_server import RtmpServer

__all__ = ["codecs_in", "receive"]

ENOUGH_BYTES = 30_000
"""Some seconds of small pictures and a tone."""
PATIENCE_S = 120


def receive(server: RtmpServer) -> None:
    """Wait until something worth decoding has come."""

    async def enough() -> None:
        with trio.fail_after(PATIENCE_S):
            await server.received(ENOUGH_BYTES)

    trio.run(enough)


def codecs_in(path: Path) -> set[str]:
    """Of all that decodes."""
    with av.open(str(path)) as container:
        return {packet.stream.codec_context.name for packet in container.demux() if packet.decode()}
