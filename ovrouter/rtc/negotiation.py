"""Offer and answer with one client: SDP in, SDP and plans out (cold).

Pure functions. A publisher always offers and :func:`answer_uplink` answers. Towards a subscriber either we offer
(:func:`offer_downlink`, then :func:`accept_answer`) with the publisher's own numbers, so that packets need least
rewriting, or the subscriber offers (:func:`answer_downlink`) and its numbers rule.
"""

from __future__ import annotations

from collections.abc import Callable

from ovrouter.medianode import VideoCodec
from ovrouter.rtc.plan import DownlinkOffer, DownlinkPlan, LocalTransport, TrackOffer, UplinkPlan

__all__ = ["accept_answer", "answer_downlink", "answer_uplink", "offer_downlink"]


def answer_uplink(
    sdp_offer: str,
    local: LocalTransport,
    *,
    forced_codec: VideoCodec | None = None,
    allow_other_codecs: bool = False,
    loopback_ssrcs: Callable[[], int] | None = None,
) -> UplinkPlan:
    """Answer a publisher's offer.

    *loopback_ssrcs* yields a fresh SSRC per call and asks for the media to be sent back in the same sections.
    Raises SdpMalformed, or ForcedCodecMissing unless *allow_other_codecs*.
    """
    raise NotImplementedError


def offer_downlink(
    tracks: tuple[TrackOffer, ...],
    local: LocalTransport,
    ssrcs: Callable[[], int],
    *,
    stream_id: str,
    forced_codec: VideoCodec | None = None,
    allow_other_codecs: bool = False,
    offer_transport_cc: bool = False,
) -> DownlinkOffer:
    """Offer *tracks* to a subscriber; *ssrcs* yields a fresh SSRC per call, *stream_id* names the MediaStream.

    Raises ForcedCodecMissing unless *allow_other_codecs*.
    """
    raise NotImplementedError


def accept_answer(offer: DownlinkOffer, sdp_answer: str) -> DownlinkPlan:
    """Complete :func:`offer_downlink`. Raises SdpMalformed."""
    raise NotImplementedError


def answer_downlink(
    sdp_offer: str,
    tracks: tuple[TrackOffer, ...],
    local: LocalTransport,
    ssrcs: Callable[[], int],
    *,
    stream_id: str,
    forced_codec: VideoCodec | None = None,
    allow_other_codecs: bool = False,
) -> tuple[str, DownlinkPlan]:
    """Answer a subscriber's offer with *tracks*; the result is the SDP answer and the plan.

    Raises SdpMalformed, or ForcedCodecMissing unless *allow_other_codecs*.
    """
    raise NotImplementedError
