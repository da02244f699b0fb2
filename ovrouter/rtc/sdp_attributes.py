"""Reading single SDP attributes, each capped and checked (cold).

Every reader takes the attributes of a section (name to values, in order) and returns what the model holds, or raises
SdpMalformed with the attribute's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ovrouter.errors import SdpMalformed
from ovrouter.rtc.sdp import Codec, Fingerprint, HeaderExtension, Simulcast, SsrcGroup

__all__ = [
    "Attributes",
    "candidates",
    "codecs",
    "direction",
    "extensions",
    "fingerprints",
    "formats",
    "ice_pwd",
    "ice_ufrag",
    "mid",
    "rids",
    "setup",
    "simulcast",
    "single",
    "ssrc_groups",
    "ssrcs",
]

MAX_FORMATS = 128
"""There are no more payload types."""
MAX_FEEDBACK_LINES = MAX_FORMATS * 8
"""Browsers send five for each format."""
MAX_EXTENSIONS = 32
"""Browsers send up to fifteen."""
MAX_SSRC_LINES = 128
"""Three simulcast layers with retransmissions are six SSRCs of up to four lines."""
MAX_SSRC_GROUPS = 16
"""One for each layer and one for all of them."""
MAX_RIDS = 8
"""Nobody encodes one picture more often; browsers stop at three."""
MAX_CANDIDATES = 128
"""Of a machine with many interfaces; candidates mostly trickle instead."""
MAX_FINGERPRINTS = 8
"""One for each hash function."""
MAX_FMTP_CHARS = 1024
"""H.264 parameter sets fill a few hundred."""
MAX_CNAME_CHARS = 255
"""What an RTCP SDES item holds (RFC 3550, section 6.5)."""

Attributes = dict[str, list[str]]

_MID = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,16}")  # 16: what one header extension element holds (RFC 8285)
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_UFRAG = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")  # RFC 8839 section 5.4, and the = _ - that some stacks write
_PWD = re.compile(r"[A-Za-z0-9+/=_-]{22,256}")
_RTPMAP = re.compile(r"(\d{1,3}) ([\x21-\x2e\x30-\x7e]{1,32})/(\d{1,9})(?:/(\d{1,2}))?")
_OF_FORMAT = re.compile(rf"(\d{{1,3}}|\*) +(.{{1,{MAX_FMTP_CHARS}}})")
_EXTMAP = re.compile(r"(\d{1,5})(?:/(sendrecv|sendonly|recvonly|inactive))? (\S+)(?: .*)?")
_SSRC = re.compile(rf"(\d{{1,10}})(?: cname:(.{{0,{MAX_CNAME_CHARS}}})| (?!cname:).*)?")
_SSRC_GROUP = re.compile(r"(\S+)((?: \d{1,10})+)")
_RID_LINE = re.compile(r"(\S+) (send|recv)(?: .*)?")
_FINGERPRINT = re.compile(r"(\S+) +([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*)")

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_SETUPS = ("", "active", "passive", "actpass")


def single(attributes: Attributes, name: str, default: str = "") -> str:
    """Return the first value of an attribute."""
    return attributes[name][0] if name in attributes else default


def formats(text: str) -> tuple[str, ...]:
    """Read the formats of a media line."""
    found = tuple(text.split())
    if len(found) > MAX_FORMATS:
        raise SdpMalformed(f"A media line has {len(found)} formats; at most {MAX_FORMATS} are allowed.")
    return found


def mid(attributes: Attributes, index: int) -> str:
    """Read ``a=mid``; a section without one is called by its index."""
    return _checked(_MID, single(attributes, "mid", default=str(index)), "mid")


def direction(inherited: Attributes, own: Attributes) -> str:
    """Read the direction: the section's, else the session's, else sendrecv (RFC 8866, section 6.7)."""
    for attributes in (own, inherited):
        for name in _DIRECTIONS:
            if name in attributes:
                return name
    return "sendrecv"


def setup(attributes: Attributes) -> str:
    """Read ``a=setup`` (RFC 4145); empty if missing."""
    value = single(attributes, "setup")
    if value not in _SETUPS:
        raise SdpMalformed(f"a=setup:{value[:80]} is not one of active, passive and actpass.")
    return value


def ice_ufrag(attributes: Attributes) -> str:
    """Read ``a=ice-ufrag``; empty if missing."""
    value = single(attributes, "ice-ufrag")
    return _checked(_UFRAG, value, "ice-ufrag") if value else ""


def ice_pwd(attributes: Attributes) -> str:
    """Read ``a=ice-pwd``; empty if missing. The error does not repeat it."""
    value = single(attributes, "ice-pwd")
    if value and not _PWD.fullmatch(value):
        raise SdpMalformed("a=ice-pwd must have 22 to 256 characters of the ICE alphabet.")
    return value


def fingerprints(attributes: Attributes) -> tuple[Fingerprint, ...]:
    """Read every ``a=fingerprint`` (RFC 8122)."""
    matches = _all_matched(_FINGERPRINT, attributes, "fingerprint", MAX_FINGERPRINTS)
    return tuple(Fingerprint(match[1].lower(), match[2].upper()) for match in matches)


def candidates(attributes: Attributes) -> tuple[str, ...]:
    """Return every ``a=candidate`` as it is."""
    return tuple(_capped(attributes, "candidate", MAX_CANDIDATES))


def codecs(payload_types: Sequence[str], attributes: Attributes) -> tuple[Codec, ...]:
    """Read the formats that have an ``a=rtpmap``, in the order of the media line.

    Static payload types without one (PCMU and the like) are left out: WebRTC peers always write it for what matters.
    """
    rtpmaps = {match[1]: match for match in _all_matched(_RTPMAP, attributes, "rtpmap", MAX_FORMATS)}
    fmtps = _by_format(attributes, "fmtp", MAX_FORMATS)
    feedback = _by_format(attributes, "rtcp-fb", MAX_FEEDBACK_LINES)
    return tuple(
        Codec(
            pt=_bounded(pt, 127, "payload type"),
            name=rtpmap[2],
            clock_rate=int(rtpmap[3]),
            channels=int(rtpmap[4] or 1),
            fmtp=fmtps.get(pt, [""])[0],
            rtcp_fb=tuple(dict.fromkeys(feedback.get(pt, []) + feedback.get("*", []))),
        )
        for pt in dict.fromkeys(payload_types)
        if (rtpmap := rtpmaps.get(pt))
    )


def extensions(attributes: Attributes) -> tuple[HeaderExtension, ...]:
    """Read every ``a=extmap`` (RFC 8285); an id or a URI may occur once."""
    matches = _all_matched(_EXTMAP, attributes, "extmap", MAX_EXTENSIONS)
    found = tuple(HeaderExtension(int(match[1]), match[3], match[2] or "sendrecv") for match in matches)
    if len({extension.id for extension in found}) != len(found):
        raise SdpMalformed("Two a=extmap lines of one media section have the same id.")
    return found


def ssrcs(attributes: Attributes) -> tuple[tuple[int, str], ...]:
    """Read every SSRC with its CNAME (RFC 5576)."""
    cnames: dict[int, str] = {}
    for match in _all_matched(_SSRC, attributes, "ssrc", MAX_SSRC_LINES):
        ssrc = _ssrc(match[1])
        cnames[ssrc] = match[2] or cnames.get(ssrc, "")
    return tuple(cnames.items())


def ssrc_groups(attributes: Attributes) -> tuple[SsrcGroup, ...]:
    """Read every ``a=ssrc-group`` (RFC 5576)."""
    matches = _all_matched(_SSRC_GROUP, attributes, "ssrc-group", MAX_SSRC_GROUPS)
    return tuple(SsrcGroup(match[1], tuple(_ssrc(ssrc) for ssrc in match[2].split())) for match in matches)


def rids(attributes: Attributes) -> tuple[tuple[str, str], ...]:
    """Read every ``a=rid`` (RFC 8851) without its restrictions."""
    matches = _all_matched(_RID_LINE, attributes, "rid", MAX_RIDS)
    return tuple((_checked(_RID, match[1], "rid"), match[2]) for match in matches)


def simulcast(attributes: Attributes) -> Simulcast:
    """Read ``a=simulcast`` (RFC 8853); of alternative formats the first counts, pauses (``~``) are ignored."""
    words = single(attributes, "simulcast").split()
    by_direction: dict[str, tuple[str, ...]] = {}
    for name, streams in zip(words[::2], words[1::2], strict=False):
        by_direction[name] = tuple(
            _checked(_RID, stream.split(",")[0].removeprefix("~"), "simulcast") for stream in streams.split(";")
        )
    return Simulcast(send=by_direction.get("send", ()), recv=by_direction.get("recv", ()))


def _by_format(attributes: Attributes, name: str, limit: int) -> dict[str, list[str]]:
    values: dict[str, list[str]] = defaultdict(list)
    for match in _all_matched(_OF_FORMAT, attributes, name, limit):
        values[match[1]].append(match[2])
    return values


def _all_matched(pattern: re.Pattern[str], attributes: Attributes, name: str, limit: int) -> list[re.Match[str]]:
    return [_matched(pattern, value, name) for value in _capped(attributes, name, limit)]


def _capped(attributes: Attributes, name: str, limit: int) -> list[str]:
    values = attributes.get(name, [])
    if len(values) > limit:
        raise SdpMalformed(f"There are {len(values)} a={name} lines where at most {limit} are allowed.")
    return values


def _matched(pattern: re.Pattern[str], value: str, name: str) -> re.Match[str]:
    if match := pattern.fullmatch(value):
        return match
    raise SdpMalformed(f"Cannot read a={name}:{value[:80]}")


def _checked(pattern: re.Pattern[str], value: str, name: str) -> str:
    return _matched(pattern, value, name)[0]


def _bounded(digits: str, maximum: int, what: str) -> int:
    if int(digits) > maximum:
        raise SdpMalformed(f"The {what} {digits} is larger than {maximum}.")
    return int(digits)


def _ssrc(digits: str) -> int:
    return _bounded(digits, 0xFFFFFFFF, "SSRC")
