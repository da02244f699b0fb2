"""What a negotiation decides: plain data for the media plane (cold).

Negotiation reads and writes SDP; the media plane reads only these. Every number is one of the wire: payload types are
0..127, extension ids 1..14, SSRCs 1..2^32-1.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "DownlinkOffer",
    "DownlinkPlan",
    "LocalTransport",
    "PayloadType",
    "RemoteTransport",
    "TrackOffer",
    "TrackSend",
    "UplinkPlan",
]


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our end of one link's ICE and DTLS, as it goes into SDP."""

    ice_ufrag: str
    ice_pwd: str
    fingerprint: str
    """SHA-256 of our certificate, ``AB:CD:…``."""
    candidates: tuple[tuple[str, int], ...]
    """(address, UDP port) of each host candidate, best first; the first is the default address of the sections."""


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """The peer's end of one link's ICE and DTLS."""

    ice_ufrag: str
    ice_pwd: str
    fingerprint_algorithm: str
    """``sha-256``, ``sha-384`` or ``sha-512``, in lower case."""
    fingerprint: str
    """``AB:CD:…`` in upper case."""
    is_dtls_client: bool
    """The peer sends the ClientHello; False only for a peer that insisted on ``a=setup:passive``."""


@dataclass(frozen=True, slots=True)
class PayloadType:
    """One accepted codec format of a track, with the retransmission format that goes with it."""

    pt: int
    codec: str
    """``opus``, ``VP8``, ``VP9``, ``H264`` or ``AV1``, spelled so whatever the peer wrote."""
    clock_rate: int
    """RTP timestamp units per second."""
    channels: int
    """1 for video."""
    fmtp: str
    """Format parameters as offered, empty if none."""
    rtx_pt: int | None
    """Payload type of its RFC 4588 retransmissions; None: lost packets are sent again as they were."""
    nack: bool
    pli: bool
    fir: bool
    transport_cc: bool
    remb: bool


@dataclass(frozen=True, slots=True)
class TrackOffer:
    """One track a client publishes, that is one media section of its offer as we accepted it."""

    kind: str
    """``audio`` or ``video``."""
    mid: str
    payload_types: tuple[PayloadType, ...]
    """In the order of preference; the peer begins with the first."""
    ssrc: int | None
    """None if the offer names none: with ``rids`` a layer is recognised by its RTP stream id, else by payload type."""
    rtx_ssrc: int | None
    cname: str
    rids: tuple[str, ...]
    """Simulcast layers as offered, smallest picture first; empty without simulcast."""
    extensions: tuple[tuple[str, int], ...]
    """(URI, id) of every RTP header extension the client may send."""


@dataclass(frozen=True, slots=True)
class UplinkPlan:
    """The outcome of answering a publisher."""

    sdp_answer: str
    remote: RemoteTransport
    tracks: tuple[TrackOffer, ...]
    """At least one, in the order of the offer's sections."""
    loopback: tuple[TrackSend, ...] = ()
    """What is to be sent back to the publisher on the same link; empty unless asked for."""


@dataclass(frozen=True, slots=True)
class TrackSend:
    """How one published track is sent to one subscriber."""

    kind: str
    mid: str
    """Of the subscriber's section; never written into packets."""
    source: TrackOffer
    ssrc: int
    rtx_ssrc: int | None
    """None if the subscriber takes no retransmission format."""
    cname: str
    """Of our SDES; the same for all tracks of a link, so that receivers synchronise them."""
    payload_map: tuple[tuple[int, int], ...]
    """(source payload type, subscriber's payload type), retransmission formats left out. A source payload type that
    is absent cannot be sent to this subscriber."""
    rtx_map: tuple[tuple[int, int], ...]
    """(subscriber's payload type, payload type of its retransmissions)."""
    extension_map: tuple[tuple[int, int], ...]
    """(source extension id, subscriber's id) of what is forwarded; every other extension of a packet is dropped."""
    nack: bool
    pli: bool
    remb: bool
    transport_cc: int | None
    """Extension id of the transport-wide sequence number that we write; None: not negotiated."""


@dataclass(frozen=True, slots=True)
class DownlinkOffer:
    """Our offer to a subscriber; keep it until the answer comes."""

    sdp_offer: str
    tracks: tuple[TrackSend, ...]
    """As they will be sent if the subscriber agrees to everything, one per section in order."""


@dataclass(frozen=True, slots=True)
class DownlinkPlan:
    """The outcome of a negotiation with a subscriber."""

    remote: RemoteTransport
    tracks: tuple[TrackSend, ...]
    """What the subscriber receives; sections it rejected are missing."""
