"""Offer and answer with one client: SDP in, SDP and plans out (cold).

Pure functions; the whole of what the media plane calls. A publisher always offers and :func:`answer_uplink` answers.
Towards a subscriber either we offer (:func:`offer_downlink`, then :func:`accept_answer`), or the subscriber offers
(:func:`answer_downlink`).

No ``b=`` line is ever written: Chromium answers one with a smaller picture at half the frame rate. Limits go by REMB.
"""

from __future__ import annotations

from ovrouter.rtc.downlink import accept_answer, answer_downlink, offer_downlink
from ovrouter.rtc.plan import (
    DownlinkOffer,
    DownlinkPlan,
    LocalTransport,
    PayloadType,
    RemoteTransport,
    TrackOffer,
    TrackSend,
    UplinkPlan,
)
from ovrouter.rtc.uplink import answer_uplink

__all__ = [
    "DownlinkOffer",
    "DownlinkPlan",
    "LocalTransport",
    "PayloadType",
    "RemoteTransport",
    "TrackOffer",
    "TrackSend",
    "UplinkPlan",
    "accept_answer",
    "answer_downlink",
    "answer_uplink",
    "offer_downlink",
]
