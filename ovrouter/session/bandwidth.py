"""Bandwidth limits of a link. Cold.

``kurentoOptions`` speak in the client's view and the ``OPENVIDU_STREAMS_VIDEO_*`` settings in the server's: what a
client *sends* falls back to what the server *receives*, and the other way round.
"""

from __future__ import annotations

from ovrouter.config import Config
from ovrouter.medianode import BandwidthLimits
from ovrouter.session.properties import KurentoOptions

__all__ = ["downlink_limits", "uplink_limits"]

_NOTHING_GIVEN = KurentoOptions()


def uplink_limits(config: Config, options: KurentoOptions | None) -> BandwidthLimits:
    """Bounds of what a client may send."""
    given = options or _NOTHING_GIVEN
    return _limits(
        _first_given(given.video_min_send_bandwidth, config.openvidu_streams_video_min_recv_bandwidth),
        _first_given(given.video_max_send_bandwidth, config.openvidu_streams_video_max_recv_bandwidth),
    )


def downlink_limits(config: Config, options: KurentoOptions | None) -> BandwidthLimits:
    """Bounds of what a client is sent, for each stream."""
    given = options or _NOTHING_GIVEN
    return _limits(
        _first_given(given.video_min_recv_bandwidth, config.openvidu_streams_video_min_send_bandwidth),
        _first_given(given.video_max_recv_bandwidth, config.openvidu_streams_video_max_send_bandwidth),
    )


def _first_given(wanted_kbps: int | None, configured_kbps: int) -> int:
    return configured_kbps if wanted_kbps is None else wanted_kbps


def _limits(min_kbps: int, max_kbps: int) -> BandwidthLimits:
    # A Connection that lowers its maximum below the configured minimum means the maximum.
    return BandwidthLimits(min(min_kbps, max_kbps) if max_kbps else min_kbps, max_kbps)
