"""The transport half of SDP: BUNDLE, ICE-lite, DTLS roles and fingerprints (cold)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ovrouter.errors import SdpMalformed
from ovrouter.rtc.certificate import FINGERPRINT_ALGORITHMS
from ovrouter.rtc.plan import LocalTransport, RemoteTransport
from ovrouter.rtc.sdp import Fingerprint, MediaSection, SessionDescription

__all__ = ["answer", "answer_section", "bundled", "offer_section", "remote_transport"]

_HOST_TYPE_PREFERENCE = 126
_LOCAL_PREFERENCE_MAX = 65_535
_RTP_COMPONENT = 1


def bundled(description: SessionDescription) -> tuple[MediaSection, ...]:
    """Return the sections that can share our one transport and that their author did not reject.

    Without a BUNDLE group that is the first section alone.
    """
    alive = tuple(section for section in description.media if not section.is_rejected)
    if not description.bundle:
        return alive[:1]
    return tuple(section for section in alive if section.mid in description.bundle)


def remote_transport(section: MediaSection) -> RemoteTransport:
    """Read the peer's ICE and DTLS parameters. Raises SdpMalformed if any of them is missing."""
    if not section.rtcp_mux:
        raise SdpMalformed(f"The section with mid {section.mid} lacks a=rtcp-mux, which WebRTC requires.")
    if not (section.ice_ufrag and section.ice_pwd):
        raise SdpMalformed(f"The section with mid {section.mid} lacks a=ice-ufrag or a=ice-pwd.")
    fingerprint = _best_fingerprint(section)
    return RemoteTransport(
        ice_ufrag=section.ice_ufrag,
        ice_pwd=section.ice_pwd,
        fingerprint_algorithm=fingerprint.algorithm,
        fingerprint=fingerprint.value,
        is_dtls_client=section.setup != "passive",
    )


def offer_section(kind: str, mid: str, local: LocalTransport) -> MediaSection:
    """Return a section of our own offer, without media yet."""
    address, port = local.candidates[0]
    return MediaSection(
        kind=kind,
        mid=mid,
        port=port,
        address=address,
        direction="sendonly",
        ice_ufrag=local.ice_ufrag,
        ice_pwd=local.ice_pwd,
        fingerprints=(Fingerprint("sha-256", local.fingerprint),),
        setup="actpass",
        rtcp_mux=True,
        rtcp_rsize=True,
        candidates=_candidates(local),
        end_of_candidates=True,
    )


def answer_section(offered: MediaSection, local: LocalTransport, direction: str) -> MediaSection:
    """Return the answer to a section we accept, without media yet."""
    return replace(
        offer_section(offered.kind, offered.mid, local),
        protocol=offered.protocol,
        direction=direction,
        # We are the DTLS server wherever the offer leaves the choice (RFC 8842, section 5.3).
        setup="active" if offered.setup == "passive" else "passive",
        rtcp_rsize=offered.rtcp_rsize,
    )


def answer(offer: SessionDescription, accepted: Mapping[str, MediaSection]) -> SessionDescription:
    """Return the answer that holds the *accepted* sections (by mid) and rejects all others."""
    return SessionDescription(
        media=tuple(accepted.get(section.mid) or _rejection(section) for section in offer.media),
        bundle=tuple(mid for mid in offer.bundle if mid in accepted),
        ice_lite=True,
        extmap_allow_mixed=offer.extmap_allow_mixed,
    )


def _rejection(offered: MediaSection) -> MediaSection:
    # The formats have to be there although they mean nothing (RFC 3264, section 6).
    return MediaSection(
        kind=offered.kind,
        mid=offered.mid,
        protocol=offered.protocol,
        port=0,
        formats=offered.formats or tuple(str(codec.pt) for codec in offered.codecs),
        direction="inactive",
    )


def _best_fingerprint(section: MediaSection) -> Fingerprint:
    by_algorithm = {fingerprint.algorithm: fingerprint for fingerprint in section.fingerprints}
    for algorithm, function in FINGERPRINT_ALGORITHMS.items():
        if algorithm in by_algorithm and len(by_algorithm[algorithm].value) == function.digest_size * 3 - 1:
            return by_algorithm[algorithm]
    raise SdpMalformed(
        f"The section with mid {section.mid} lacks a complete a=fingerprint of {', '.join(FINGERPRINT_ALGORITHMS)}."
    )


def _candidates(local: LocalTransport) -> tuple[str, ...]:
    return tuple(
        f"{index + 1} {_RTP_COMPONENT} udp {_priority(_LOCAL_PREFERENCE_MAX - index)} {address} {port} typ host"
        for index, (address, port) in enumerate(local.candidates)
    )


def _priority(local_preference: int) -> int:
    """RFC 8445, section 5.1.2.1."""
    return _HOST_TYPE_PREFERENCE << 24 | local_preference << 8 | 256 - _RTP_COMPONENT
