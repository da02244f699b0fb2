"""THE DOOR between the control plane and the media plane (contract: standard library only).

The control plane knows Sessions and Streams, the media plane knows packets; all that either asks of the other passes
through here as a frozen dataclass. On one machine :class:`MediaNode` is an object in the same process; the same
dataclasses can travel to another machine unchanged, so every field is plain data.

Words used on both sides of the door: a *link* is one PeerConnection with one client. An *uplink* carries media from the
client (a published stream), a *downlink* carries one uplink's media to one client (a subscription). The control plane
chooses the ids.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

__all__ = [
    "QUALITY_REASONS",
    "AcceptDownlink",
    "BandwidthLimits",
    "DownlinkOpened",
    "Layer",
    "LinkDescription",
    "LinkDown",
    "LinkEvent",
    "LinkUp",
    "MediaNode",
    "NodeDescription",
    "NodeLoad",
    "OpenDownlink",
    "OpenTap",
    "OpenUplink",
    "QualitySample",
    "RemoteCandidate",
    "RenegotiationNeeded",
    "SpeakerChanged",
    "UplinkOpened",
    "UplinkRated",
    "VideoCodec",
]


class VideoCodec(Enum):
    """A video codec that can be forced on a Session (value: its name in SDP)."""

    VP8 = "VP8"
    VP9 = "VP9"
    H264 = "H264"


@dataclass(frozen=True, slots=True)
class BandwidthLimits:
    """Bounds of one link's video in kbit/s; 0 means unconstrained. Audio is never limited."""

    min_kbps: int = 0
    max_kbps: int = 0


@dataclass(frozen=True, slots=True)
class OpenUplink:
    """Answer a client's offer to publish.

    Opening a ``link_id`` that is open already replaces its PeerConnection: downlinks stay attached and go on with the
    new media.
    """

    link_id: str
    session_id: str
    client_id: str
    """Links of one client share one access network, hence one bandwidth estimate."""
    sdp_offer: str
    forced_codec: VideoCodec | None = None
    """Keep only this video codec in the offer."""
    allow_other_codecs: bool = False
    """With ``forced_codec``: take the offer as it is when it lacks the codec."""
    video_limits: BandwidthLimits = BandwidthLimits()
    is_screen: bool = False
    """Subscribers short of bandwidth get screens before cameras."""
    loopback: bool = False
    """Send the published media back on the same PeerConnection."""


@dataclass(frozen=True, slots=True)
class UplinkOpened:
    """The answer to :class:`OpenUplink`."""

    sdp_answer: str


@dataclass(frozen=True, slots=True)
class OpenDownlink:
    """Begin to send an uplink's media to a client.

    With ``sdp_offer`` the client offers and the result is the answer; without, the result is the server's offer and
    :class:`AcceptDownlink` completes the exchange. Opening an open ``link_id`` replaces it.
    """

    link_id: str
    uplink_id: str
    session_id: str
    client_id: str
    sdp_offer: str | None = None
    forced_codec: VideoCodec | None = None
    allow_other_codecs: bool = False
    video_limits: BandwidthLimits = BandwidthLimits()


@dataclass(frozen=True, slots=True)
class DownlinkOpened:
    """The answer to :class:`OpenDownlink`: an SDP answer if the client offered, else the server's SDP offer."""

    sdp: str


@dataclass(frozen=True, slots=True)
class AcceptDownlink:
    """The client's answer to the offer of :class:`DownlinkOpened`."""

    link_id: str
    sdp_answer: str


@dataclass(frozen=True, slots=True)
class OpenTap:
    """Hand an uplink's media to a local consumer, such as a recorder.

    The consumer listens on a Unix socket of type SOCK_SEQPACKET. It gets one connection for each tap, and over it what
    :mod:`ovrouter.depacketize.tap` reads: a description of the tracks, then RTP packets and sender reports. The
    connection ends with the tap or the uplink. A consumer that does not keep up loses packets and delays nobody.
    """

    tap_id: str
    uplink_id: str
    path: str
    """The consumer's socket, on the node's machine."""
    kinds: tuple[str, ...] = ("audio", "video")
    """Which tracks are wanted."""


@dataclass(frozen=True, slots=True)
class RemoteCandidate:
    """A trickled ICE candidate of the client, kept for diagnosis: an ICE-lite server learns addresses from checks."""

    link_id: str
    candidate: str
    sdp_mid: str
    sdp_mline_index: int


@dataclass(frozen=True, slots=True)
class LinkDescription:
    """What is known of one link, for statistics and support."""

    link_id: str
    local_sdp: str
    remote_sdp: str
    local_candidate: str | None
    """``address:port`` that the chosen pair uses here; None before the first authenticated check."""
    remote_candidate: str | None
    remote_candidates: tuple[RemoteCandidate, ...]
    counters: dict[str, int] = field(default_factory=dict)
    """Names end in their unit (``_packets``, ``_bytes``, ``_us``)."""


QUALITY_REASONS = ("wanted", "bandwidth", "limit", "publisher lacks it", "waiting for keyframe", "paused")
"""Why a subscriber gets the layer it gets."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Of layered video, counted from 0; simulcast layers count as spatial ones."""

    spatial: int
    """Size of the picture."""
    temporal: int
    """Frames per second."""


@dataclass(frozen=True, slots=True)
class QualitySample:
    """What one downlink's video, or its audio where it has none, was like in one second."""

    at_ms: int
    """UTC, the end of the second."""
    estimate_kbps: int
    """What the way to the client carries, for all its downlinks together; 0: not known."""
    sent_kbps: int
    loss_percent: int
    """As the client reported it."""
    round_trip_ms: int
    layer: Layer | None
    """Up to where is sent what the publisher sends; None: nothing."""
    wanted_layer: Layer | None
    reason: str
    """One of :data:`QUALITY_REASONS`."""
    keyframe_requests: int
    freezes: int
    """Times that more than half a second passed between two pictures."""


@dataclass(frozen=True, slots=True)
class NodeLoad:
    """How busy a node is."""

    cpu_percent: float
    """0..100 of all cores."""
    links: int


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """What a node says of itself."""

    ip: str
    """The first address that clients are given."""
    version: str
    """Of the software."""
    memory_bytes: int
    """Resident, of its whole process."""


@dataclass(frozen=True, slots=True)
class LinkUp:
    """ICE and DTLS are done; media can flow."""

    link_id: str


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The link will carry no more media unless it is opened again (the client usually does so by itself)."""

    link_id: str
    reason: str
    """``handshake-failed``, ``handshake-timeout`` or ``consent-expired`` (RFC 7675)."""


@dataclass(frozen=True, slots=True)
class RenegotiationNeeded:
    """A downlink can no longer carry what its uplink sends (e.g. another codec); open it again with a new offer."""

    link_id: str


@dataclass(frozen=True, slots=True)
class UplinkRated:
    """The network of an uplink's client got better or worse (told if ``OPENVIDU_PRO_NETWORK_QUALITY`` is on)."""

    link_id: str
    level: int
    """0 (nothing comes through) to 5 (excellent)."""


@dataclass(frozen=True, slots=True)
class SpeakerChanged:
    """Somebody else speaks in a Session, going by the loudness of its uplinks."""

    session_id: str
    link_id: str | None
    """The speaker's uplink; None if nobody has spoken for a while."""


LinkEvent = LinkUp | LinkDown | RenegotiationNeeded | UplinkRated | SpeakerChanged


class MediaNode(Protocol):
    """A place where media is routed: this process or another machine."""

    async def open_uplink(self, command: OpenUplink) -> UplinkOpened:
        """Raises SdpMalformed, ForcedCodecMissing."""

    async def open_downlink(self, command: OpenDownlink) -> DownlinkOpened:
        """Raises LinkNotFound (no such uplink), SdpMalformed, ForcedCodecMissing."""

    async def accept_downlink(self, command: AcceptDownlink) -> None:
        """Raises LinkNotFound, SdpMalformed."""

    async def open_tap(self, command: OpenTap) -> None:
        """Raises LinkNotFound (no such uplink), TapRefused. An open tap of the same id ends first."""

    async def close_tap(self, tap_id: str) -> None:
        """An unknown id is fine: the tap may have ended with its uplink."""

    async def request_keyframe(self, uplink_id: str) -> None:
        """Ask the publisher for one, no more often than it can bear. Never raises."""

    async def add_remote_candidate(self, candidate: RemoteCandidate) -> None:
        """Never raises: candidates may come before their link and after its end."""

    async def close_link(self, link_id: str) -> None:
        """Free all that the link holds; an unknown id is fine. Downlinks of a closed uplink stay, silent."""

    async def describe_link(self, link_id: str) -> LinkDescription:
        """Raises LinkNotFound."""

    async def describe(self) -> NodeDescription:
        """Who the node is."""

    async def quality(self, link_id: str, seconds: int) -> tuple[QualitySample, ...]:
        """The last *seconds* of a downlink, oldest first; empty for one that has just begun or ended."""

    async def load(self) -> NodeLoad:
        """The node's load, measured over the last seconds."""

    async def counters(self) -> dict[str, int]:
        """Totals of the packet path since its start, ``dropped_<reason>_packets`` among them, and what there is now."""

    def events(self) -> AsyncIterator[LinkEvent]:
        """What happens to links; one consumer."""
