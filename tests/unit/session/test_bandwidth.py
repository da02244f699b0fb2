from __future__ import annotations

import pytest

from ovrouter.config import Config
from ovrouter.medianode import BandwidthLimits
from ovrouter.session.bandwidth import downlink_limits, uplink_limits
from ovrouter.session.properties import KurentoOptions

CONFIG = Config(
    openvidu_secret="s3cret",
    openvidu_streams_video_min_recv_bandwidth=1,
    openvidu_streams_video_max_recv_bandwidth=20,
    openvidu_streams_video_min_send_bandwidth=300,
    openvidu_streams_video_max_send_bandwidth=4000,
)


@pytest.mark.parametrize(
    ("options", "uplink", "downlink"),
    [
        (None, BandwidthLimits(1, 20), BandwidthLimits(300, 4000)),
        (KurentoOptions(), BandwidthLimits(1, 20), BandwidthLimits(300, 4000)),
        (KurentoOptions(video_max_send_bandwidth=50), BandwidthLimits(1, 50), BandwidthLimits(300, 4000)),
        (KurentoOptions(video_min_send_bandwidth=5), BandwidthLimits(5, 20), BandwidthLimits(300, 4000)),
        (KurentoOptions(video_max_recv_bandwidth=600), BandwidthLimits(1, 20), BandwidthLimits(300, 600)),
        (KurentoOptions(video_min_recv_bandwidth=7), BandwidthLimits(1, 20), BandwidthLimits(7, 4000)),
        (KurentoOptions(video_max_recv_bandwidth=0), BandwidthLimits(1, 20), BandwidthLimits(300, 0)),
        (KurentoOptions(video_max_recv_bandwidth=100), BandwidthLimits(1, 20), BandwidthLimits(100, 100)),
    ],
    ids=["none", "empty", "max send", "min send", "max recv", "min recv", "unconstrained", "max below min"],
)
def test_client_view_falls_back_to_the_servers(
    options: KurentoOptions | None, uplink: BandwidthLimits, downlink: BandwidthLimits
):
    assert uplink_limits(CONFIG, options) == uplink
    assert downlink_limits(CONFIG, options) == downlink
