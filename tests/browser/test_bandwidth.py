"""Limits of a Connection's bandwidth, as browsers keep to them; audio is not limited."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.meeting import Meeting
from tests.browser.participant import Participant

LIMIT_KBPS = 300
TOLERATED_KBPS = 330
SAMPLES = 12
"""Of three seconds each: far longer than browsers need, for machines that are busy with other things."""
CAMERA = {"resolution": "640x480", "frameRate": 30}
LAYERED_CAMERA = {"resolution": "1280x720", "frameRate": 15, "videoSimulcast": True}


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    return {"OPENVIDU_STREAMS_VIDEO_MIN_SEND_BANDWIDTH": "0", "OPENVIDU_STREAMS_VIDEO_MIN_RECV_BANDWIDTH": "0"}


def settles(viewer: Participant, stream: str, is_right: Callable[[float], bool]) -> list[float]:
    """Wait until what *viewer* receives is right; the samples (kbit/s) until then."""
    samples: list[float] = []
    while len(samples) < SAMPLES:
        samples.append(viewer.video_kbps(stream))
        if is_right(samples[-1]):
            return samples
    pytest.fail(f"kbit/s received: {samples}")


def test_a_publisher_keeps_to_its_maximum(meeting: Meeting) -> None:
    limited = meeting.join(connection={"kurentoOptions": {"videoMaxSendBandwidth": LIMIT_KBPS}})
    free, viewer = meeting.join(), meeting.join("SUBSCRIBER")
    of_limited, of_free = limited.publish(**CAMERA), free.publish(**CAMERA)
    viewer.sees(of_limited)
    viewer.sees(of_free)

    settles(viewer, of_free, lambda kbps: kbps > TOLERATED_KBPS)
    settles(viewer, of_limited, lambda kbps: LIMIT_KBPS / 3 < kbps < TOLERATED_KBPS)
    viewer.hears(of_limited)


def test_a_subscribers_maximum_lowers_a_publisher_of_one_layer(meeting: Meeting) -> None:
    publisher = meeting.join()
    stream = publisher.publish(**CAMERA)
    viewer = meeting.join("SUBSCRIBER", connection={"kurentoOptions": {"videoMaxRecvBandwidth": LIMIT_KBPS}})
    viewer.sees(stream)

    settles(viewer, stream, lambda kbps: LIMIT_KBPS / 3 < kbps < TOLERATED_KBPS)
    viewer.sees(stream)


def test_with_layers_a_subscribers_maximum_hurts_nobody_else(meeting: Meeting) -> None:
    publisher = meeting.join(connection={"kurentoOptions": {"videoMaxSendBandwidth": 2500}})
    stream = publisher.publish(**LAYERED_CAMERA)
    limited = meeting.join("SUBSCRIBER", connection={"kurentoOptions": {"videoMaxRecvBandwidth": LIMIT_KBPS}})
    free = meeting.join("SUBSCRIBER", connection={"kurentoOptions": {"videoMaxRecvBandwidth": 0}})
    limited.sees(stream)
    free.sees(stream)

    settles(free, stream, lambda kbps: kbps > TOLERATED_KBPS)
    settles(limited, stream, lambda kbps: kbps < TOLERATED_KBPS)
    assert limited.picture_width(stream) < free.picture_width(stream)
    limited.sees(stream)
