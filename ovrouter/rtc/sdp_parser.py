"""Reading session descriptions that peers wrote (cold).

Strict where a wrong guess would cost the call, lenient where the field is: unknown attributes are skipped, either line
end will do. Media and attribute lines must be plain printable ASCII, and what may be written into an answer or shown to
another client is checked further, so that no peer can smuggle a line into somebody else's description.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ovrouter.errors import SdpMalformed
from ovrouter.rtc import sdp_attributes as read
from ovrouter.rtc.sdp import MediaSection, SessionDescription
from ovrouter.rtc.sdp_attributes import Attributes

__all__ = ["parse"]

SDP_MAX_BYTES = 256 * 1024
"""A browser's offer is 5 to 20 kB; large meshes of other products reach 100 kB."""
MAX_MEDIA_SECTIONS = 8
"""OpenVidu's clients send at most two."""

_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_WORD = r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}"  # a token of RFC 8866 section 9, bounded
_MEDIA_LINE = re.compile(rf"({_WORD}) (\d{{1,5}})(?:/\d{{1,5}})? ({_WORD}(?:/{_WORD})*)((?: {_WORD})+)")
_RTP_PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "RTP/SAVPF")


def parse(text: str) -> SessionDescription:
    """Read an offer or an answer. Raises SdpMalformed; the message names the line or what is missing."""
    head, sections = _split(_lines(text))
    session = _attributes(head)
    media = tuple(_section(index, lines, session) for index, lines in enumerate(sections))
    if len({section.mid for section in media}) != len(media):
        raise SdpMalformed("Two media sections have the same a=mid.")
    return SessionDescription(
        media=media,
        bundle=_bundle(session, media),
        ice_lite="ice-lite" in session,
        extmap_allow_mixed="extmap-allow-mixed" in session,
    )


def _lines(text: str) -> list[str]:
    if len(text.encode("utf-8", "surrogatepass")) > SDP_MAX_BYTES:
        raise SdpMalformed(f"The SDP is larger than {SDP_MAX_BYTES} bytes.")
    lines = [line.removesuffix("\r") for line in text.rstrip("\r\n").split("\n")]
    if lines[0] != "v=0":
        raise SdpMalformed("The SDP does not begin with v=0.")
    for number, line in enumerate(lines, 1):
        if line[1:2] != "=":
            raise SdpMalformed(f"Line {number} of the SDP is not of the form x=value: {line[:80]!r}")
        if line[0] in "am" and not _PRINTABLE.fullmatch(line):
            raise SdpMalformed(f"Line {number} of the SDP holds characters other than printable ASCII: {line[:80]!r}")
    return lines


def _split(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    if not starts:
        raise SdpMalformed("The SDP has no media section.")
    if len(starts) > MAX_MEDIA_SECTIONS:
        raise SdpMalformed(f"The SDP has {len(starts)} media sections; at most {MAX_MEDIA_SECTIONS} are allowed.")
    ends = [*starts[1:], len(lines)]
    return lines[: starts[0]], [lines[start:end] for start, end in zip(starts, ends, strict=True)]


def _attributes(lines: Iterable[str]) -> Attributes:
    attributes: Attributes = {}
    for line in lines:
        if line.startswith("a="):
            name, _, value = line[2:].partition(":")
            attributes.setdefault(name, []).append(value.strip(" "))
    return attributes


def _section(index: int, lines: Sequence[str], session: Attributes) -> MediaSection:
    match = _MEDIA_LINE.fullmatch(lines[0][2:])
    if not match:
        raise SdpMalformed(f"Cannot read the media line {lines[0][:200]!r}.")
    kind, port, protocol, formats = match[1], int(match[2]), match[3], read.formats(match[4])
    own = _attributes(lines)
    inherited = {**session, **own}
    is_rtp = kind in ("audio", "video") and protocol in _RTP_PROTOCOLS
    codecs = read.codecs(formats, own) if is_rtp else ()
    return MediaSection(
        kind=kind,
        mid=read.mid(own, index),
        protocol=protocol,
        port=port,
        formats=() if codecs else formats,
        direction=read.direction(inherited, own),
        bundle_only="bundle-only" in own,
        codecs=codecs,
        extensions=read.extensions(inherited),
        msid=read.single(own, "msid"),
        ssrcs=read.ssrcs(own),
        ssrc_groups=read.ssrc_groups(own),
        rids=read.rids(own),
        simulcast=read.simulcast(own),
        ice_ufrag=read.ice_ufrag(inherited),
        ice_pwd=read.ice_pwd(inherited),
        fingerprints=read.fingerprints(inherited),
        setup=read.setup(inherited),
        rtcp_mux="rtcp-mux" in own,
        rtcp_rsize="rtcp-rsize" in own,
        candidates=read.candidates(own),
        end_of_candidates="end-of-candidates" in own,
    )


def _bundle(session: Attributes, media: Sequence[MediaSection]) -> tuple[str, ...]:
    known = {section.mid for section in media}
    for group in session.get("group", []):
        semantics, _, mids = group.partition(" ")
        if semantics == "BUNDLE":
            if not known.issuperset(mids.split()):
                raise SdpMalformed("a=group:BUNDLE names a mid that no media section has.")
            return tuple(dict.fromkeys(mids.split()))
    return ()
