"""Just enough SDP for a peer that sends or receives one Opus and one VP8 track (cold)."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.load import Media

__all__ = [
    "LocalDescription",
    "RemoteDescription",
    "RemoteMedia",
    "answer",
    "offer_to_publish",
    "offer_to_subscribe",
    "parse",
]

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

OPUS, VP8, RTX = 111, 96, 97
"""Payload types as Chromium numbers them."""

_PUBLISH_EXTENSIONS = {
    "audio": {AUDIO_LEVEL: 1, TRANSPORT_CC: 3},
    "video": {ABS_SEND_TIME: 2, TRANSPORT_CC: 3},
}
# A subscriber that negotiated transport-cc would have to write its feedback.
_SUBSCRIBE_EXTENSIONS = {"audio": {AUDIO_LEVEL: 1}, "video": {ABS_SEND_TIME: 2}}

_VIDEO_FEEDBACK = ("goog-remb", "ccm fir", "nack", "nack pli")


@dataclass(frozen=True, slots=True)
class LocalDescription:
    """What this peer says of its transport."""

    ice_ufrag: str
    ice_pwd: str
    fingerprint: str
    """SHA-256, ``AB:CD:…``."""
    address: tuple[str, int]


@dataclass(slots=True)
class RemoteMedia:
    """One m-section of the router's description."""

    mid: str
    payload_types: dict[str, int] = field(default_factory=dict)
    """Codec name in lower case → payload type; the first of each name."""
    extensions: dict[str, int] = field(default_factory=dict)

    def stream(self, ssrc: int, codec: str) -> Media:
        """Return an RTP stream to send in this section."""
        return Media(
            ssrc=ssrc,
            payload_type=self.payload_types[codec],
            abs_send_time=self.extensions.get(ABS_SEND_TIME, 0),
            transport_cc=self.extensions.get(TRANSPORT_CC, 0),
            audio_level=self.extensions.get(AUDIO_LEVEL, 0),
        )


@dataclass(slots=True)
class RemoteDescription:
    """What the router says of its transport and media."""

    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint_algorithm: str = ""
    fingerprint: str = ""
    candidates: list[tuple[str, int]] = field(default_factory=list)
    """IPv4 over UDP; best first, as the router lists them."""
    media: dict[str, RemoteMedia] = field(default_factory=dict)
    """By kind; rejected sections are left out."""

    def streams(self, video_ssrc: int, audio_ssrc: int) -> tuple[Media, Media]:
        """Return the video and the audio that a publisher may send."""
        return self.media["video"].stream(video_ssrc, "vp8"), self.media["audio"].stream(audio_ssrc, "opus")

    def payload_types(self) -> tuple[int, int]:
        """Return those of the video and of the audio that a subscriber gets."""
        return self.media["video"].payload_types["vp8"], self.media["audio"].payload_types["opus"]


def offer_to_publish(local: LocalDescription, audio_ssrc: int, video_ssrc: int, rtx_ssrc: int) -> str:
    """Return the offer of a publisher as Chromium would write it, cut to what is used."""
    sources = {
        "audio": [f"a=ssrc:{audio_ssrc} cname:benchmark"],
        "video": [
            f"a=ssrc-group:FID {video_ssrc} {rtx_ssrc}",
            f"a=ssrc:{video_ssrc} cname:benchmark",
            f"a=ssrc:{rtx_ssrc} cname:benchmark",
        ],
    }
    sections = [
        [
            *_section(local, kind, mid, "sendonly", _PUBLISH_EXTENSIONS[kind]),
            f"a=msid:benchmark {kind}",
            f"a=rtcp-fb:{OPUS if kind == 'audio' else VP8} transport-cc",
            *sources[kind],
        ]
        for mid, kind in enumerate(sources)
    ]
    return _session(sections)


def offer_to_subscribe(local: LocalDescription) -> str:
    """Return the offer of a subscriber to one audio and one video track."""
    return _session(
        [
            _section(local, kind, mid, "recvonly", _SUBSCRIBE_EXTENSIONS[kind])
            for mid, kind in enumerate(("audio", "video"))
        ]
    )


def answer(local: LocalDescription, remote: RemoteDescription) -> str:
    """Answer a router's offer to send, with its own payload types and extension numbers."""
    sections = []
    for kind, media in remote.media.items():
        wanted = {uri: media.extensions[uri] for uri in _SUBSCRIBE_EXTENSIONS[kind] if uri in media.extensions}
        sections.append(_section(local, kind, media.mid, "recvonly", wanted, media.payload_types))
    return _session(sections)


def parse(text: str) -> RemoteDescription:
    """Read a router's offer or answer."""
    remote = RemoteDescription()
    media = RemoteMedia(mid="")
    for line in text.splitlines():
        if line.startswith("m="):
            kind, port, *_ = line[2:].split()
            media = RemoteMedia(mid="")
            if port != "0":
                remote.media[kind] = media
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            _read_attribute(remote, media, name, value)
    remote.candidates = list(dict.fromkeys(remote.candidates))
    return remote


def parse_candidate(value: str) -> tuple[str, int] | None:
    """Return address and port of a UDP candidate over IPv4 for RTP, else None (RFC 8839 section 5.1)."""
    _, component, protocol, _, ip, port, *_ = value.split()
    usable = component == "1" and protocol.lower() == "udp" and ":" not in ip and not ip.endswith(".local")
    return (ip, int(port)) if usable else None


def _read_attribute(remote: RemoteDescription, media: RemoteMedia, name: str, value: str) -> None:
    match name:
        case "ice-ufrag":
            remote.ice_ufrag = value
        case "ice-pwd":
            remote.ice_pwd = value
        case "fingerprint":
            remote.fingerprint_algorithm, _, remote.fingerprint = value.partition(" ")
        case "candidate":
            candidate = parse_candidate(value)
            if candidate is not None:
                remote.candidates.append(candidate)
        case "mid":
            media.mid = value
        case "rtpmap":
            payload_type, _, codec = value.partition(" ")
            media.payload_types.setdefault(codec.split("/")[0].lower(), int(payload_type))
        case "extmap":
            number, uri, *_ = value.split()
            media.extensions[uri] = int(number.partition("/")[0])


def _session(sections: list[list[str]]) -> str:
    mids = " ".join(line[6:] for section in sections for line in section if line.startswith("a=mid:"))
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=msid-semantic: WMS *"]
    return "\r\n".join(head + [line for section in sections for line in section]) + "\r\n"


def _section(
    local: LocalDescription,
    kind: str,
    mid: int | str,
    direction: str,
    extensions: dict[str, int],
    payload_types: dict[str, int] | None = None,
) -> list[str]:
    codecs = _codec_lines(kind, payload_types or {"opus": OPUS, "vp8": VP8, "rtx": RTX})
    numbers = [line.split()[0].partition(":")[2] for line in codecs if line.startswith("a=rtpmap:")]
    ip, port = local.address
    return [
        f"m={kind} {port} UDP/TLS/RTP/SAVPF {' '.join(numbers)}",
        f"c=IN IP4 {ip}",
        f"a=candidate:1 1 udp 2130706431 {ip} {port} typ host",
        f"a=ice-ufrag:{local.ice_ufrag}",
        f"a=ice-pwd:{local.ice_pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:active",  # the peers are DTLS clients, whoever offers
        f"a=mid:{mid}",
        *(f"a=extmap:{number} {uri}" for uri, number in extensions.items()),
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *codecs,
    ]


def _codec_lines(kind: str, payload_types: dict[str, int]) -> list[str]:
    if kind == "audio":
        opus = payload_types["opus"]
        return [f"a=rtpmap:{opus} opus/48000/2", f"a=fmtp:{opus} minptime=10;useinbandfec=1"]
    vp8 = payload_types["vp8"]
    lines = [f"a=rtpmap:{vp8} VP8/90000", *(f"a=rtcp-fb:{vp8} {feedback}" for feedback in _VIDEO_FEEDBACK)]
    if "rtx" in payload_types:
        lines += [f"a=rtpmap:{payload_types['rtx']} rtx/90000", f"a=fmtp:{payload_types['rtx']} apt={vp8}"]
    return lines
