"""Which codecs we forward, and when a format of one peer is a format of another (cold).

The router never decodes, so two formats are the same if the receiver's decoder takes what the sender's encoder makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ovrouter.medianode import VideoCodec
from ovrouter.rtc.plan import PayloadType
from ovrouter.rtc.sdp import Codec

__all__ = ["as_codecs", "equivalent", "formats", "only", "publishable"]

_SUPPORTED = {
    "audio": {"opus": ("opus", 48_000, 2)},
    "video": {
        "vp8": ("VP8", 90_000, 1),
        "vp9": ("VP9", 90_000, 1),
        "h264": ("H264", 90_000, 1),
        "av1": ("AV1", 90_000, 1),
    },
}
_PROFILE_PARAMETERS = {"VP9": "profile-id", "AV1": "profile"}
_VP9_PROFILES = ("0", "2")  # 8 and 10 bits of 4:2:0, what browsers encode and decode

_H264_BASELINE, _H264_MAIN, _H264_HIGH = range(3)
# profile_idc; every later decoder takes what an earlier encoder makes. Baseline and constrained baseline count as one:
# no WebRTC encoder uses the tools (FMO, ASO) that tell them apart.
_H264_PROFILES = {0x42: _H264_BASELINE, 0x4D: _H264_MAIN, 0x58: _H264_MAIN, 0x64: _H264_HIGH}
_H264_DEFAULT_PROFILE = "42000a"  # RFC 6184 section 8.1: baseline, level 1


def formats(kind: str, codecs: Sequence[Codec]) -> tuple[PayloadType, ...]:
    """Return the formats of *codecs* that we can forward, in their order, each with its retransmission format."""
    rtx = {apt: codec.pt for codec in codecs if (apt := _repaired_format(codec)) is not None}
    supported = _SUPPORTED.get(kind, {})
    return tuple(
        PayloadType(
            pt=codec.pt,
            codec=supported[codec.name.lower()][0],
            clock_rate=codec.clock_rate,
            channels=codec.channels,
            fmtp=codec.fmtp,
            rtx_pt=rtx.get(codec.pt),
            nack="nack" in codec.rtcp_fb,
            pli="nack pli" in codec.rtcp_fb,
            fir="ccm fir" in codec.rtcp_fb,
            transport_cc="transport-cc" in codec.rtcp_fb,
            remb="goog-remb" in codec.rtcp_fb,
        )
        for codec in codecs
        if supported.get(codec.name.lower(), ())[1:] == (codec.clock_rate, codec.channels) and _is_known_profile(codec)
    )


def publishable(payload_types: Sequence[PayloadType]) -> tuple[PayloadType, ...]:
    """Leave out H.264 in packetization mode 0 if mode 1 is there: its packets could not hold every slice."""
    has_mode_1 = any(_is_h264(pt) and _packetization_mode(pt) == "1" for pt in payload_types)
    return tuple(pt for pt in payload_types if not (has_mode_1 and _is_h264(pt) and _packetization_mode(pt) != "1"))


def only(codec: VideoCodec, payload_types: Iterable[PayloadType]) -> tuple[PayloadType, ...]:
    """Return the formats of one codec."""
    return tuple(payload_type for payload_type in payload_types if payload_type.codec == codec.value)


def equivalent(source: PayloadType, receiver: Sequence[PayloadType]) -> PayloadType | None:
    """Return the receiver's format that takes the source's packets, the closest one; None if there is none."""
    return min(
        (pt for pt in receiver if _takes(pt, source)),
        key=lambda pt: (_profile_distance(pt, source), pt.fmtp != source.fmtp),
        default=None,
    )


def as_codecs(payload_types: Iterable[PayloadType]) -> Iterator[Codec]:
    """Yield the SDP formats, each followed by its retransmission format."""
    for payload_type in payload_types:
        yield _as_codec(payload_type)
        if payload_type.rtx_pt is not None:
            yield Codec(payload_type.rtx_pt, "rtx", payload_type.clock_rate, fmtp=f"apt={payload_type.pt}")


def _as_codec(payload_type: PayloadType) -> Codec:
    feedback = (
        ("goog-remb", payload_type.remb),
        ("transport-cc", payload_type.transport_cc),
        ("ccm fir", payload_type.fir),
        ("nack", payload_type.nack),
        ("nack pli", payload_type.pli),
    )
    return Codec(
        pt=payload_type.pt,
        name=payload_type.codec,
        clock_rate=payload_type.clock_rate,
        channels=payload_type.channels,
        fmtp=payload_type.fmtp,
        rtcp_fb=tuple(name for name, is_on in feedback if is_on),
    )


def _repaired_format(codec: Codec) -> int | None:
    apt = _parameters(codec.fmtp).get("apt", "")
    return int(apt) if codec.name.lower() == "rtx" and apt.isdecimal() else None


def _is_known_profile(codec: Codec) -> bool:
    return codec.name.lower() != "vp9" or _parameters(codec.fmtp).get("profile-id", "0") in _VP9_PROFILES


def _takes(receiver: PayloadType, source: PayloadType) -> bool:
    if (receiver.codec, receiver.clock_rate, receiver.channels) != (source.codec, source.clock_rate, source.channels):
        return False
    if _is_h264(source):
        return _packetization_mode(receiver) == _packetization_mode(source) and _profile_distance(receiver, source) >= 0
    return _profile(receiver) == _profile(source)


def _profile(payload_type: PayloadType) -> str:
    name = _PROFILE_PARAMETERS.get(payload_type.codec)
    return _parameters(payload_type.fmtp).get(name, "0") if name else ""


def _profile_distance(receiver: PayloadType, source: PayloadType) -> int:
    """How far the receiver's H.264 profile is above the source's; 0 for other codecs."""
    return _h264_profile(receiver) - _h264_profile(source) if _is_h264(source) else 0


def _h264_profile(payload_type: PayloadType) -> int:
    profile_level_id = _parameters(payload_type.fmtp).get("profile-level-id", _H264_DEFAULT_PROFILE)
    try:
        return _H264_PROFILES.get(int(profile_level_id[:2], 16), _H264_HIGH)
    except ValueError:
        return _H264_BASELINE


def _packetization_mode(payload_type: PayloadType) -> str:
    return _parameters(payload_type.fmtp).get("packetization-mode", "0")


def _is_h264(payload_type: PayloadType) -> bool:
    return payload_type.codec == VideoCodec.H264.value


def _parameters(fmtp: str) -> dict[str, str]:
    pairs = (parameter.partition("=") for parameter in fmtp.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
