"""Fuzz target: whatever a client sends as SDP, the parser and every negotiation either work or say SdpMalformed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ovrouter.errors import NegotiationError
from ovrouter.rtc.negotiation import (
    DownlinkPlan,
    LocalTransport,
    UplinkPlan,
    accept_answer,
    answer_downlink,
    answer_uplink,
    offer_downlink,
)
from ovrouter.rtc.sdp_parser import parse

LOCAL = LocalTransport(
    ice_ufrag="localufrag",
    ice_pwd="localpasswordlocalpassword",
    fingerprint=":".join(["AB"] * 32),
    candidates=(("192.0.2.7", 40000),),
)
PUBLISHER = (Path(__file__).parents[1] / "fixtures" / "sdp" / "chromium_audio_video.sdp").read_bytes().decode()
TRACKS = answer_uplink(PUBLISHER, LOCAL).tracks
OFFER = offer_downlink(TRACKS, LOCAL, itertools.count(1).__next__, stream_id="stream")


def fuzz(data: bytes) -> None:
    """Negotiate with *data* in one of the ways; its length chooses."""
    negotiate(data, WAYS[len(data) % len(WAYS)])


def negotiate(data: bytes, way: Way) -> None:
    """Negotiate with *data*; what comes of it is right, if anything does."""
    use, check = way
    try:
        outcome = use(data.decode(errors="surrogateescape"), itertools.count(1).__next__)
    except NegotiationError:
        return
    check(outcome)


def publish(text: str, ssrcs: Callable[[], int]) -> UplinkPlan:
    """Take *text* as an offer to publish."""
    return answer_uplink(text, LOCAL, loopback_ssrcs=ssrcs)


def check_published(plan: UplinkPlan) -> None:
    """The tracks are fit for subscribers."""
    assert parse(plan.sdp_answer).ice_lite
    assert all(0 < id_ < 15 for track in plan.tracks for _, id_ in track.extensions)
    assert parse(offer_downlink(plan.tracks, LOCAL, itertools.count(1).__next__, stream_id="stream").sdp_offer)


def subscribe(text: str, ssrcs: Callable[[], int]) -> tuple[str, DownlinkPlan]:
    """Take *text* as an offer to subscribe."""
    return answer_downlink(text, TRACKS, LOCAL, ssrcs, stream_id="stream")


def check_subscribed(outcome: tuple[str, DownlinkPlan]) -> None:
    """Each section that was accepted has a track."""
    answer, plan = outcome
    assert len([section for section in parse(answer).media if section.port]) == len(plan.tracks) > 0


def answer(text: str, _ssrcs: Callable[[], int]) -> DownlinkPlan:
    """Take *text* as an answer to our offer."""
    return accept_answer(OFFER, text)


def check_answered(plan: DownlinkPlan) -> None:
    """No more is sent than was offered."""
    for track, offered in zip(plan.tracks, OFFER.tracks, strict=False):
        assert dict(track.payload_map).keys() <= {pt.pt for pt in track.source.payload_types}
        assert track.transport_cc is None or offered.transport_cc is not None


Way = tuple[Callable[..., Any], Callable[..., None]]
WAYS: tuple[Way, ...] = ((publish, check_published), (subscribe, check_subscribed), (answer, check_answered))
