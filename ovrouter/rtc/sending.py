"""How one published track goes to one receiver: the maps between their numbers (cold)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ovrouter.rtc import codecs, extensions
from ovrouter.rtc.plan import PayloadType, TrackOffer, TrackSend
from ovrouter.rtc.sdp import HeaderExtension, MediaSection, SsrcGroup

__all__ = ["Receiver", "common_cname", "section_with_source", "track_send"]


@dataclass(frozen=True, slots=True)
class Receiver:
    """What one section of the receiver takes, in its own numbers."""

    mid: str
    payload_types: tuple[PayloadType, ...]
    extensions: tuple[HeaderExtension, ...]


def track_send(track: TrackOffer, receiver: Receiver, *, ssrc: int, rtx_ssrc: int | None, cname: str) -> TrackSend:
    """Map the track's numbers to the receiver's; without a common format ``payload_map`` is empty."""
    pairs = [(own.pt, codecs.equivalent(own, receiver.payload_types)) for own in track.payload_types]
    agreed = [(own, theirs) for own, theirs in pairs if theirs]
    rtx_map = {theirs.pt: theirs.rtx_pt for _, theirs in agreed if theirs.rtx_pt is not None}
    return TrackSend(
        kind=track.kind,
        mid=receiver.mid,
        source=track,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc if rtx_map else None,
        cname=cname,
        payload_map=tuple((own, theirs.pt) for own, theirs in agreed),
        rtx_map=tuple(rtx_map.items()),
        extension_map=extensions.translation(track.extensions, receiver.extensions),
        nack=any(theirs.nack for _, theirs in agreed),
        pli=any(theirs.pli for _, theirs in agreed),
        remb=any(theirs.remb for _, theirs in agreed),
        transport_cc=extensions.id_of(extensions.TRANSPORT_CC, receiver.extensions),
    )


def section_with_source(section: MediaSection, send: TrackSend, stream_id: str) -> MediaSection:
    """Announce in *section* what we send in it."""
    ssrcs = (send.ssrc,) if send.rtx_ssrc is None else (send.ssrc, send.rtx_ssrc)
    return replace(
        section,
        msid=f"{stream_id} {stream_id}_{send.mid}",
        ssrcs=tuple((ssrc, send.cname) for ssrc in ssrcs),
        ssrc_groups=(SsrcGroup("FID", ssrcs),) if len(ssrcs) > 1 else (),
    )


def common_cname(tracks: Sequence[TrackOffer], fallback: str) -> str:
    """Return one CNAME for all tracks: the publisher's own if it names one."""
    return next((track.cname for track in tracks if track.cname), fallback)
