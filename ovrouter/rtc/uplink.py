"""Answering a publisher (cold)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ovrouter.errors import SdpMalformed
from ovrouter.medianode import VideoCodec
from ovrouter.rtc import codecs, extensions
from ovrouter.rtc.forcing import ForcedCodec
from ovrouter.rtc.plan import LocalTransport, TrackOffer, TrackSend, UplinkPlan
from ovrouter.rtc.sdp import HeaderExtension, MediaSection, Simulcast
from ovrouter.rtc.sdp_parser import parse
from ovrouter.rtc.sending import Receiver, common_cname, section_with_source, track_send
from ovrouter.rtc.transport import answer, answer_section, bundled, remote_transport

__all__ = ["answer_uplink"]

_LOOPBACK_STREAM = "loopback"


def answer_uplink(
    sdp_offer: str,
    local: LocalTransport,
    *,
    forced_codec: VideoCodec | None = None,
    allow_other_codecs: bool = False,
    loopback_ssrcs: Callable[[], int] | None = None,
) -> UplinkPlan:
    """Answer a publisher's offer: its first audio and its first video that we can forward, all else is rejected.

    *loopback_ssrcs* yields a fresh SSRC per call and asks for the media to be sent back in the same sections, as far
    as the offer receives. Raises SdpMalformed, or ForcedCodecMissing unless *allow_other_codecs*.
    """
    offer = parse(sdp_offer)
    force = ForcedCodec(forced_codec, allow_other_codecs, "publisher", sdp_offer)
    sections = {section.mid: section for section in bundled(offer) if section.direction in ("sendrecv", "sendonly")}
    tracks = _tracks(sections.values(), force)
    _check(tracks)
    sends = _loopback(sections, tracks, loopback_ssrcs) if loopback_ssrcs else {}
    answers = {mid: _answer_section(sections[mid], track, sends.get(mid), local) for mid, track in tracks.items()}
    return UplinkPlan(
        sdp_answer=str(answer(offer, answers)),
        remote=remote_transport(sections[next(iter(tracks))]),
        tracks=tuple(tracks.values()),
        loopback=tuple(sends.values()),
    )


def _tracks(sections: Iterable[MediaSection], force: ForcedCodec) -> dict[str, TrackOffer]:
    """One track of each kind, by mid: a stream has no more.

    Some releases of openvidu-browser (2.12 to 2.15, 2.18) offer each track a second time.
    """
    tracks: dict[str, TrackOffer] = {}
    for section in sections:
        is_first = section.kind not in {track.kind for track in tracks.values()}
        if is_first and (track := _track(section, force)):
            tracks[section.mid] = track
    return tracks


def _track(section: MediaSection, force: ForcedCodec) -> TrackOffer | None:
    offered = force.apply(section.kind, codecs.formats(section.kind, section.codecs))
    payload_types = codecs.publishable(offered)
    if not payload_types:
        return None
    rids = section.simulcast.send
    ssrc, rtx_ssrc = (None, None) if rids else _ssrcs(section)
    return TrackOffer(
        kind=section.kind,
        mid=section.mid,
        payload_types=payload_types,
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
        cname=dict(section.ssrcs).get(ssrc or 0, ""),
        rids=rids,
        extensions=tuple((extension.uri, extension.id) for extension in _extensions(section)),
    )


def _ssrcs(section: MediaSection) -> tuple[int | None, int | None]:
    for group in section.ssrc_groups:
        if group.semantics == "FID" and len(group.ssrcs) > 1:
            return group.ssrcs[0], group.ssrcs[1]
    return (section.ssrcs[0][0], None) if section.ssrcs else (None, None)


def _extensions(section: MediaSection) -> tuple[HeaderExtension, ...]:
    return extensions.accepted(section.extensions, is_simulcast=bool(section.simulcast.send))


def _check(tracks: Mapping[str, TrackOffer]) -> None:
    if not tracks:
        raise SdpMalformed("The offer sends no audio or video in a codec that we forward (opus, VP8, VP9, H264, AV1).")
    ssrcs = [ssrc for track in tracks.values() for ssrc in (track.ssrc, track.rtx_ssrc) if ssrc is not None]
    if len(set(ssrcs)) != len(ssrcs):
        raise SdpMalformed("The offer uses one SSRC for two purposes.")


def _answer_section(
    offered: MediaSection, track: TrackOffer, send: TrackSend | None, local: LocalTransport
) -> MediaSection:
    section = replace(
        answer_section(offered, local, "sendrecv" if send else "recvonly"),
        codecs=tuple(codecs.as_codecs(track.payload_types)),
        extensions=tuple(extensions.answered(extension) for extension in _extensions(offered)),
        rids=tuple((rid, "recv") for rid in track.rids),
        simulcast=Simulcast(recv=track.rids),
    )
    return section_with_source(section, send, _LOOPBACK_STREAM) if send else section


def _loopback(
    sections: Mapping[str, MediaSection], tracks: Mapping[str, TrackOffer], ssrcs: Callable[[], int]
) -> dict[str, TrackSend]:
    cname = common_cname(tuple(tracks.values()), _LOOPBACK_STREAM)
    return {
        mid: track_send(
            track,
            Receiver(mid, track.payload_types, _extensions(sections[mid])),
            ssrc=ssrcs(),
            rtx_ssrc=ssrcs(),
            cname=cname,
        )
        for mid, track in tracks.items()
        if sections[mid].direction == "sendrecv"
    }
