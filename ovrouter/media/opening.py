"""The start and end of the media plane (warm)."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from ovrouter.config import Config
from ovrouter.errors import ConfigError
from ovrouter.media.addresses import MediaAddress, media_addresses, open_sockets
from ovrouter.media.plane import MediaPlane
from ovrouter.media.trace import trace_path
from ovrouter.media.worker import MediaWorker

__all__ = ["open_media_plane"]


@asynccontextmanager
async def open_media_plane(config: Config) -> AsyncIterator[MediaPlane]:
    """Start the workers; they stop, and all links end, when the block is left.

    Raises ConfigError if the media addresses or ports cannot be had.
    """
    addresses = media_addresses(config.ovrouter_media_ip, config.media_nodes_public_ips)
    async with trio.open_nursery() as nursery:
        workers = _open_workers(config, addresses)
        for one, other in itertools.combinations(workers, 2):
            one.fastpath.connect(other.fastpath)
        plane = MediaPlane(nursery, workers)
        for worker in plane.workers:
            nursery.start_soon(worker.run, plane.on_fastpath_event(worker))
        nursery.start_soon(plane.downlink_watch.run)
        nursery.start_soon(plane.uplink_watch.listen)
        if config.openvidu_pro_network_quality:
            nursery.start_soon(plane.uplink_watch.rate, config.openvidu_pro_network_quality_interval)
        try:
            yield plane
        finally:
            plane.close_taps()
            nursery.cancel_scope.cancel()


def _open_workers(config: Config, addresses: tuple[MediaAddress, ...]) -> tuple[MediaWorker, ...]:
    if not addresses:
        raise ConfigError(("no network address found for media: set OVROUTER_MEDIA_IP",))
    count = config.ovrouter_workers or len(os.sched_getaffinity(0))
    base = config.ovrouter_media_port
    return tuple(
        MediaWorker(
            open_sockets(addresses, base + index if base else 0),
            addresses,
            hold_us=config.ovrouter_hold_us,
            trace=trace_path(config.ovrouter_trace, index, count),
        )
        for index in range(count)
    )
