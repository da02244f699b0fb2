"""Offering to a subscriber, and answering one that offers (cold).

Our offers carry the publisher's own payload types and extension ids, so that packets need least rewriting. Where the
subscriber offers, its numbers rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ovrouter.errors import SdpMalformed
from ovrouter.medianode import VideoCodec
from ovrouter.rtc import codecs, extensions
from ovrouter.rtc.forcing import ForcedCodec
from ovrouter.rtc.plan import DownlinkOffer, DownlinkPlan, LocalTransport, PayloadType, TrackOffer, TrackSend
from ovrouter.rtc.sdp import MediaSection, SessionDescription
from ovrouter.rtc.sdp_parser import parse
from ovrouter.rtc.sending import Receiver, common_cname, section_with_source, track_send
from ovrouter.rtc.transport import answer, answer_section, bundled, offer_section, remote_transport

__all__ = ["accept_answer", "answer_downlink", "offer_downlink"]


def offer_downlink(
    tracks: tuple[TrackOffer, ...],
    local: LocalTransport,
    ssrcs: Callable[[], int],
    *,
    stream_id: str,
    forced_codec: VideoCodec | None = None,
    allow_other_codecs: bool = False,
) -> DownlinkOffer:
    """Offer *tracks* to a subscriber; *ssrcs* yields a fresh SSRC per call, *stream_id* names the MediaStream.

    Raises ForcedCodecMissing unless *allow_other_codecs*.
    """
    force = ForcedCodec(forced_codec, allow_other_codecs, "server's offer to a subscriber", "(not made)")
    numbering = extensions.numbered([track.extensions for track in tracks])
    cname = common_cname(tracks, stream_id)
    sections, sends = [], []
    for index, track in enumerate(tracks):
        receiver = Receiver(
            # An answer repeats these, and so tells which offer it belongs to: clients may ask for a second one first.
            mid=f"{local.ice_ufrag}{index}",
            payload_types=_offered_formats(track, force),
            extensions=(*extensions.forwarded(track.extensions), *numbering),
        )
        send = track_send(track, receiver, ssrc=ssrcs(), rtx_ssrc=ssrcs(), cname=cname)
        sections.append(section_with_source(_offered_section(track.kind, receiver, local), send, stream_id))
        sends.append(send)
    bundle = tuple(section.mid for section in sections)
    description = SessionDescription(tuple(sections), bundle=bundle, ice_lite=True, extmap_allow_mixed=True)
    return DownlinkOffer(str(description), tuple(sends))


def accept_answer(offer: DownlinkOffer, sdp_answer: str) -> DownlinkPlan:
    """Complete :func:`offer_downlink`; what the subscriber rejects is left out. Raises SdpMalformed."""
    description = parse(sdp_answer)
    answered, offered = ([(part.mid, part.kind) for part in parts] for parts in (description.media, offer.tracks))
    if answered != offered:
        raise SdpMalformed("The answer's media sections are not those of the last offer, in its order.")
    sections = {section.mid: section for section in _receiving(description)}
    if not sections:
        raise SdpMalformed("The answer receives none of the offered media.")
    sends = (_agreed(send, sections[send.mid]) for send in offer.tracks if send.mid in sections)
    remote = remote_transport(next(iter(sections.values())))
    return DownlinkPlan(remote, tuple(send for send in sends if send.payload_map))


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

    Each track goes to the first free section of its kind; sections without a track or without a common codec are
    rejected. Raises SdpMalformed, or ForcedCodecMissing unless *allow_other_codecs*.
    """
    offer = parse(sdp_offer)
    force = ForcedCodec(forced_codec, allow_other_codecs, "subscriber", sdp_offer)
    cname = common_cname(tracks, stream_id)
    answers: dict[str, MediaSection] = {}
    sends: list[TrackSend] = []
    for section, track in _pairs(offer, tracks):
        receiver = _offering_receiver(section, force)
        send = track_send(track, receiver, ssrc=ssrcs(), rtx_ssrc=ssrcs(), cname=cname)
        if send.payload_map:
            answered = _answered_section(section, receiver, send, local)
            answers[section.mid] = section_with_source(answered, send, stream_id)
            sends.append(send)
    if not sends:
        raise SdpMalformed("The offer receives nothing that the publisher sends: no section of its kind and codec.")
    remote = remote_transport(next(section for section in offer.media if section.mid in answers))
    return str(answer(offer, answers)), DownlinkPlan(remote, tuple(sends))


def _offered_formats(track: TrackOffer, force: ForcedCodec) -> tuple[PayloadType, ...]:
    is_video = track.kind == "video"
    return tuple(
        replace(pt, nack=is_video, pli=is_video, fir=is_video, remb=is_video, transport_cc=True)
        for pt in force.apply(track.kind, track.payload_types)
    )


def _offered_section(kind: str, receiver: Receiver, local: LocalTransport) -> MediaSection:
    return replace(
        offer_section(kind, receiver.mid, local),
        codecs=tuple(codecs.as_codecs(receiver.payload_types)),
        extensions=receiver.extensions,
    )


def _receiving(description: SessionDescription) -> tuple[MediaSection, ...]:
    return tuple(section for section in bundled(description) if section.direction in ("sendrecv", "recvonly"))


def _agreed(offered: TrackSend, section: MediaSection) -> TrackSend:
    """Narrow what we offered to what the answer's section takes; what it adds does not count."""
    receiver = Receiver(section.mid, codecs.formats(section.kind, section.codecs), section.extensions)
    send = track_send(offered.source, receiver, ssrc=offered.ssrc, rtx_ssrc=offered.rtx_ssrc, cname=offered.cname)
    sendable = dict(offered.payload_map)
    return replace(
        send,
        payload_map=tuple((own, theirs) for own, theirs in send.payload_map if own in sendable),
        transport_cc=send.transport_cc if offered.transport_cc else None,
    )


def _pairs(offer: SessionDescription, tracks: Sequence[TrackOffer]) -> Iterator[tuple[MediaSection, TrackOffer]]:
    waiting = list(tracks)
    for section in _receiving(offer):
        track = next((track for track in waiting if track.kind == section.kind), None)
        if track:
            waiting.remove(track)
            yield section, track


def _offering_receiver(section: MediaSection, force: ForcedCodec) -> Receiver:
    """What a subscriber's offer takes."""
    payload_types = force.apply(section.kind, codecs.formats(section.kind, section.codecs))
    return Receiver(section.mid, payload_types, section.extensions)


def _answered_section(
    offered: MediaSection, receiver: Receiver, send: TrackSend, local: LocalTransport
) -> MediaSection:
    by_pt = {pt.pt: pt for pt in receiver.payload_types}
    agreed = dict.fromkeys(theirs for _, theirs in send.payload_map)
    ids = {send.transport_cc, *(theirs for _, theirs in send.extension_map)}
    return replace(
        answer_section(offered, local, "sendonly"),
        codecs=tuple(codecs.as_codecs(by_pt[pt] for pt in agreed)),
        extensions=tuple(extensions.answered(extension) for extension in receiver.extensions if extension.id in ids),
    )
