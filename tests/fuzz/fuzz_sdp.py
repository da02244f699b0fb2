"""Fuzz target: whatever a client sends as SDP, the parser and every negotiation either work or say SdpMalformed."""

from __future__ import annotations

import itertools
from pathlib import Path

from ovrouter.errors import NegotiationError
from ovrouter.rtc.negotiation import (
    LocalTransport,
    TrackOffer,
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
    """Use *data* as an offer to publish, as an offer to subscribe and as an answer."""
    text = data.decode(errors="surrogateescape")
    try:
        parse(text)
    except NegotiationError:
        return
    publish(text, itertools.count(1).__next__)
    for use in (lambda: subscribe(text, TRACKS), lambda: answer(text)):
        try:
            use()
        except NegotiationError:
            continue


def publish(text, ssrcs):
    """Publish with *text*; what comes of it has to be fit for subscribers."""
    try:
        plan = answer_uplink(text, LOCAL, loopback_ssrcs=ssrcs)
    except NegotiationError:
        return
    assert parse(plan.sdp_answer).ice_lite
    assert all(0 < id_ < 15 for track in plan.tracks for _, id_ in track.extensions)
    assert parse(offer_downlink(plan.tracks, LOCAL, ssrcs, stream_id="stream").sdp_offer)


def subscribe(text: str, tracks: tuple[TrackOffer, ...]) -> None:
    """Subscribe with the offer *text*."""
    answer, plan = answer_downlink(text, tracks, LOCAL, itertools.count(1).__next__, stream_id="stream")
    assert len([section for section in parse(answer).media if section.port]) == len(plan.tracks) > 0


def answer(text: str) -> None:
    """Answer our offer with *text*."""
    for track, offered in zip(accept_answer(OFFER, text).tracks, OFFER.tracks, strict=False):
        assert dict(track.payload_map).keys() <= {pt.pt for pt in track.source.payload_types}
        assert track.transport_cc is None or offered.transport_cc is not None
