"""Session descriptions (RFC 8866) as far as WebRTC uses them: the model and its text form (cold).

:func:`ovrouter.rtc.sdp_parser.parse` makes these from text, ``str()`` turns them into text. Attributes that the model
does not name are dropped when read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Codec", "Fingerprint", "HeaderExtension", "MediaSection", "SessionDescription", "Simulcast", "SsrcGroup"]


@dataclass(frozen=True, slots=True)
class Codec:
    """One format of a media section: ``a=rtpmap`` with its ``a=fmtp`` and ``a=rtcp-fb`` lines."""

    pt: int
    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str = ""
    rtcp_fb: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the attribute lines."""
        channels = f"/{self.channels}" if self.channels != 1 else ""
        yield f"a=rtpmap:{self.pt} {self.name}/{self.clock_rate}{channels}"
        if self.fmtp:
            yield f"a=fmtp:{self.pt} {self.fmtp}"
        for feedback in self.rtcp_fb:
            yield f"a=rtcp-fb:{self.pt} {feedback}"


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    """An RTP header extension (RFC 8285, section 5)."""

    id: int
    uri: str
    direction: str = "sendrecv"
    """Seen from the one who wrote the description."""

    def line(self) -> str:
        """Return the attribute line."""
        direction = f"/{self.direction}" if self.direction != "sendrecv" else ""
        return f"a=extmap:{self.id}{direction} {self.uri}"


@dataclass(frozen=True, slots=True)
class SsrcGroup:
    """Several SSRCs that belong together (RFC 5576, section 4.2); ``FID`` is original and retransmission."""

    semantics: str
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Simulcast:
    """The stream ids of simulcast in each direction (RFC 8853); of alternatives only the first is kept."""

    send: tuple[str, ...] = ()
    recv: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the attribute line."""
        both = (("send", self.send), ("recv", self.recv))
        return "a=simulcast:" + " ".join(f"{direction} {';'.join(rids)}" for direction, rids in both if rids)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate's hash (RFC 8122, section 5)."""

    algorithm: str
    """In lower case."""
    value: str
    """``AB:CD:…`` in upper case."""


@dataclass(frozen=True, slots=True)
class MediaSection:
    """One ``m=`` line with its attributes; those of the session that sections inherit are filled in when read."""

    kind: str
    mid: str
    protocol: str = "UDP/TLS/RTP/SAVPF"
    port: int = 9
    address: str = "0.0.0.0"  # noqa: S104 (JSEP's placeholder, RFC 9429 section 5.2.1; nothing is bound)
    formats: tuple[str, ...] = ()
    """Of the ``m=`` line, where ``codecs`` is empty: a section that is rejected or carries no RTP."""
    direction: str = "sendrecv"
    bundle_only: bool = False
    codecs: tuple[Codec, ...] = ()
    extensions: tuple[HeaderExtension, ...] = ()
    msid: str = ""
    ssrcs: tuple[tuple[int, str], ...] = ()
    """(SSRC, CNAME) in the order of their first mention."""
    ssrc_groups: tuple[SsrcGroup, ...] = ()
    rids: tuple[tuple[str, str], ...] = ()
    """(RTP stream id, ``send`` or ``recv``), RFC 8851."""
    simulcast: Simulcast = Simulcast()
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: str = ""
    rtcp_mux: bool = False
    rtcp_rsize: bool = False
    candidates: tuple[str, ...] = ()
    """What follows ``a=candidate:``."""
    end_of_candidates: bool = False

    @property
    def is_rejected(self) -> bool:
        """Whether the section is turned down or was dropped by its author (RFC 3264 section 6; RFC 9143 section 6)."""
        return self.port == 0 and not self.bundle_only

    def lines(self) -> Iterator[str]:
        """Yield the ``m=`` line and all below it."""
        formats = [str(codec.pt) for codec in self.codecs] or self.formats
        yield f"m={self.kind} {self.port} {self.protocol} {' '.join(formats)}"
        yield f"c=IN {'IP6' if ':' in self.address else 'IP4'} {self.address}"
        yield f"a=mid:{self.mid}"
        yield f"a={self.direction}"
        yield from self._transport_lines()
        for extension in self.extensions:
            yield extension.line()
        for codec in self.codecs:
            yield from codec.lines()
        yield from self._source_lines()

    def _transport_lines(self) -> Iterator[str]:
        if self.rtcp_mux:
            yield "a=rtcp-mux"
        if self.rtcp_rsize:
            yield "a=rtcp-rsize"
        if self.ice_ufrag:
            yield f"a=ice-ufrag:{self.ice_ufrag}"
            yield f"a=ice-pwd:{self.ice_pwd}"
        for fingerprint in self.fingerprints:
            yield f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}"
        if self.setup:
            yield f"a=setup:{self.setup}"
        for candidate in self.candidates:
            yield f"a=candidate:{candidate}"
        if self.end_of_candidates:
            yield "a=end-of-candidates"

    def _source_lines(self) -> Iterator[str]:
        if self.msid:
            yield f"a=msid:{self.msid}"
        for group in self.ssrc_groups:
            yield f"a=ssrc-group:{group.semantics} {' '.join(map(str, group.ssrcs))}"
        for ssrc, cname in self.ssrcs:
            yield f"a=ssrc:{ssrc} cname:{cname}"
        for rid, direction in self.rids:
            yield f"a=rid:{rid} {direction}"
        if self.simulcast != Simulcast():
            yield self.simulcast.line()


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """An offer or an answer."""

    media: tuple[MediaSection, ...]
    bundle: tuple[str, ...] = ()
    """Mids that share one transport; the first names it (RFC 9143)."""
    ice_lite: bool = False
    extmap_allow_mixed: bool = False
    """Header extensions may have the two-byte form where the one-byte form is too small (RFC 8285, section 6)."""

    def __str__(self) -> str:
        return "\r\n".join(self._lines()) + "\r\n"

    def _lines(self) -> Iterator[str]:
        yield "v=0"
        # Id and version stay the same: each description begins a PeerConnection of its own and is never revised.
        yield "o=- 1 1 IN IP4 127.0.0.1"
        yield "s=-"
        yield "t=0 0"
        if self.bundle:
            yield f"a=group:BUNDLE {' '.join(self.bundle)}"
        if self.ice_lite:
            yield "a=ice-lite"
        if self.extmap_allow_mixed:
            yield "a=extmap-allow-mixed"
        yield "a=msid-semantic: WMS *"
        for section in self.media:
            yield from section.lines()
