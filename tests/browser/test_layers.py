"""Layers inside one stream, as Chromium sends and decodes them: a low maximum takes some, room brings them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser.meeting import Meeting
from tests.browser.participant import Participant

SAMPLES = 12
"""Of three seconds each: far longer than browsers need, for machines that are busy with other things."""
TOLERANCE = 1.1
CAMERA = {"resolution": "1280x720", "frameRate": 15}
SMALL_CAMERA = {"resolution": "640x480", "frameRate": 15}
"""Chromium shrinks a larger picture by itself where it has one size and little bandwidth."""


@dataclass(frozen=True)
class Case:
    """What Chromium encodes, at first above the limit and then below it."""

    codec: str
    mode: str
    limit_kbps: int
    high_kbps: int
    low_kbps: int
    is_simulcast: bool = False
    camera: Mapping[str, Any] = field(default_factory=lambda: CAMERA)

    def __str__(self) -> str:
        return f"{self.codec}-{self.mode}{'-simulcast' * self.is_simulcast}"


CASES = [
    Case("VP8", "L1T3", limit_kbps=250, high_kbps=700, low_kbps=180, camera=SMALL_CAMERA),
    Case("VP8", "L1T3", limit_kbps=300, high_kbps=800, low_kbps=200, is_simulcast=True),
    Case("VP9", "L3T3_KEY", limit_kbps=300, high_kbps=1500, low_kbps=270),
    Case("VP9", "L3T1", limit_kbps=300, high_kbps=1500, low_kbps=270),
    Case("AV1", "L1T3", limit_kbps=250, high_kbps=700, low_kbps=180, camera=SMALL_CAMERA),
    Case("AV1", "L2T2", limit_kbps=300, high_kbps=1200, low_kbps=270),
    Case("H264", "L1T3", limit_kbps=250, high_kbps=700, low_kbps=180, camera=SMALL_CAMERA),
]


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    return {
        f"OPENVIDU_STREAMS_VIDEO_{bound}_{direction}_BANDWIDTH": "0"
        for bound in ("MIN", "MAX")
        for direction in ("SEND", "RECV")
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layers_are_left_out_and_come_back(meeting: Meeting, case: Case) -> None:
    # The publisher's minimum keeps one picture size from being lowered for everybody.
    publisher = meeting.join(connection={"kurentoOptions": {"videoMinSendBandwidth": case.high_kbps}})
    if not case.is_simulcast:
        publisher.offer_layers()
    stream = publisher.publish(**case.camera, videoSimulcast=case.is_simulcast)
    publisher.encode_video(case.codec, scalabilityMode=case.mode, maxBitrate=1000 * case.high_kbps)
    limited = meeting.join("SUBSCRIBER", connection={"kurentoOptions": {"videoMaxRecvBandwidth": case.limit_kbps}})
    free = meeting.join("SUBSCRIBER")
    limited.sees(stream)
    free.sees(stream)

    settles(meeting, free, stream, lambda kbps, _: kbps > case.limit_kbps * TOLERANCE)
    settles(meeting, limited, stream, lambda kbps, told: kbps < case.limit_kbps * TOLERANCE and is_below_top(told))
    limited.sees(stream)
    requests = limited.keyframe_requests(stream)

    publisher.encode_video(case.codec, scalabilityMode=case.mode, maxBitrate=1000 * case.low_kbps)
    # Both lose layers for a moment where the machine is busy.
    settles(meeting, limited, stream, lambda _, told: gets_all(told) and same_layer(told, quality(meeting, free)))
    limited.sees(stream)
    assert limited.video_codec(stream) == f"video/{case.codec}"
    # A layer joined in the wrong place cannot be decoded, however fast the machine is.
    assert limited.keyframe_requests(stream) == requests


def quality(meeting: Meeting, viewer: Participant) -> dict[str, Any]:
    """What the router says of the last second."""
    answer = meeting.router.rest.get(f"/ovrouter/api/sessions/{meeting.session_id}/quality").json()
    (subscription,) = [each for each in answer["subscriptions"] if each["connectionId"] == viewer.connection_id]
    sample: dict[str, Any] = subscription["samples"][-1]
    return sample


def same_layer(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one["layer"][kind] == other["layer"][kind] for kind in ("spatial", "temporal"))


def is_below_top(told: dict[str, Any]) -> bool:
    return told["reason"] == "limit" and told["layer"] is not None


def gets_all(told: dict[str, Any]) -> bool:
    return told["reason"] == "wanted" and told["layer"] is not None


def settles(
    meeting: Meeting, viewer: Participant, stream: str, is_right: Callable[[float, dict[str, Any]], bool]
) -> None:
    """Wait until what *viewer* receives (kbit/s), and what the router says of it, is right."""
    samples: list[tuple[float, dict[str, Any]]] = []
    while len(samples) < SAMPLES:
        samples.append((viewer.video_kbps(stream), quality(meeting, viewer)))
        if is_right(*samples[-1]):
            return
    pytest.fail(f"kbit/s received, and why: {samples}")
