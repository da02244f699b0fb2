"""Encoders of layered video that say in each packet what its frame needs, and a decoder that insists on it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field

from aiortc.rtp import HeaderExtensionsMap, RtcpPsfbPacket, RtpPacket

from tests.unit.fastpath.rig import MS, VIDEO, packet

FRAME_US = 40 * MS
PACKETS_PER_FRAME = 2

# Chromium's order of three temporal layers: of each picture its layer, whether it is a sync point, and how far back lie
# the pictures that it needs.
L1T3 = (
    (0, False, (4,)),
    (2, True, (1,)),
    (1, True, (2,)),
    (2, False, (1, 2, 3)),
    (0, False, (4,)),
    (2, False, (1, 2, 3)),
    (1, False, (2, 4)),
    (2, False, (1, 2, 3)),
)


@dataclass
class Vp8Encoder:
    """L1T3 as Chromium sends it; :meth:`picture` gives the packets of the next one."""

    ssrc: int = 0x1000
    sequence: int = 1000
    picture_id: int = 0x7FF0
    tl0: int = 250
    timestamp: int = 0xFFFF0000
    packet_bytes: int = 500
    number: int = 0
    keyframe: int = 0

    def picture(self, *, is_key=False):
        is_key = is_key or self.number == 0
        if is_key:
            # Chromium begins its pattern anew.
            self.keyframe = self.number
        temporal, is_sync, back = L1T3[(self.number - self.keyframe) % len(L1T3)]
        needs = [] if is_key else [self.number - distance for distance in back]
        self.tl0 = (self.tl0 + (temporal == 0)) & 0xFF
        descriptor = b"\xe0" + (0x8000 | self.picture_id).to_bytes(2, "big")
        descriptor += bytes([self.tl0, temporal << 6 | is_sync << 5])
        packets = []
        for part in range(PACKETS_PER_FRAME):
            payload = bytes([0x90 if part == 0 else 0x80]) + descriptor + (b"\x00" if is_key else b"\x01")
            payload += told(self.number, needs, 0, temporal, part, self.packet_bytes - len(payload))
            marker = part == PACKETS_PER_FRAME - 1
            packets.append(
                packet(self.sequence, ssrc=self.ssrc, payload=payload, timestamp=self.timestamp, marker=marker)
            )
            self.sequence += 1
        self.number += 1
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        self.timestamp += 3000
        return packets


# Orders of three temporal layers without sync points: the layer, and how many pictures back lies the one that it needs.
PYRAMID = ((0, 4), (2, 1), (1, 2), (2, 1))
SPATIAL_LAYERS = 3
VP9_STRUCTURE = b"\x50" + b"".join(size.to_bytes(2, "big") for size in (320, 180, 640, 360, 1280, 720))


@dataclass
class Vp9Encoder:
    """L3T3 as Chromium sends it, in flexible mode; *is_key_only*: L3T3_KEY, where only keyframes join sizes."""

    is_key_only: bool = False
    sequence: int = 1000
    picture_id: int = 0x7FF0
    timestamp: int = 0xFFFF0000
    layer_bytes: tuple[int, ...] = (100, 300, 900)
    number: int = 0
    keyframe: int = 0

    def picture(self, *, is_key=False):
        is_key = is_key or self.number == 0
        if is_key:
            self.keyframe = self.number
        temporal, back = PYRAMID[(self.number - self.keyframe) % len(PYRAMID)]
        packets = []
        for spatial in range(SPATIAL_LAYERS):
            needs = [] if is_key else [SPATIAL_LAYERS * (self.number - back) + spatial]
            is_between = spatial > 0 and (is_key or not self.is_key_only)
            if is_between:
                needs.append(SPATIAL_LAYERS * self.number + spatial - 1)
            packets += self.frame(spatial, temporal, needs, is_key=is_key, is_between=is_between, back=back)
        packets[-1].marker = 1
        self.number += 1
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        self.timestamp += 3000
        return packets

    def frame(self, spatial, temporal, needs, *, is_key, is_between, back):
        flags = 0xB0 | (0 if is_key else 0x40)
        has_structure = is_key and spatial == 0
        descriptor = (0x8000 | self.picture_id).to_bytes(2, "big")
        descriptor += bytes([temporal << 5 | 0x10 | spatial << 1 | is_between])
        descriptor += b"" if is_key else bytes([back << 1])
        packets = []
        for part in range(PACKETS_PER_FRAME):
            head = flags | (0x08 if part == 0 else 0) | (0x04 if part == PACKETS_PER_FRAME - 1 else 0)
            payload = bytes([head | (0x02 if has_structure and part == 0 else 0)]) + descriptor
            payload += VP9_STRUCTURE if has_structure and part == 0 else b""
            number = SPATIAL_LAYERS * self.number + spatial
            payload += told(number, needs, spatial, temporal, part, self.layer_bytes[spatial])
            packets.append(packet(self.sequence, ssrc=0x1000, payload=payload, timestamp=self.timestamp))
            self.sequence += 1
        return packets


@dataclass
class H264Encoder:
    """Every second picture is needed by no other."""

    sequence: int = 1000
    timestamp: int = 0xFFFF0000
    packet_bytes: int = 500
    number: int = 0
    needed: int = 0

    def picture(self, *, is_key=False):
        is_key = is_key or self.number == 0
        is_disposable = self.number % 2 == 1 and not is_key
        needs = [] if is_key else [self.needed]
        self.needed = self.needed if is_disposable else self.number
        packets = []
        for part in range(PACKETS_PER_FRAME):
            indicator = 0x1C if is_disposable else 0x7C
            head = (0x80 if part == 0 else 0x40) | (7 if is_key and part == 0 else 5 if is_key else 1)
            payload = bytes([indicator, head, 0xE0 if part == 0 else 0])
            payload += told(self.number, needs, 0, int(is_disposable), part, self.packet_bytes)
            marker = part == PACKETS_PER_FRAME - 1
            packets.append(packet(self.sequence, ssrc=0x1000, payload=payload, timestamp=self.timestamp, marker=marker))
            self.sequence += 1
        self.number += 1
        self.timestamp += 3000
        return packets


def told(number, needs, spatial, temporal, part, length):
    """The content of a packet: whose it is."""
    content = {"id": number, "needs": needs, "spatial": spatial, "temporal": temporal, "part": part}
    return json.dumps(content).encode().ljust(length, b" ")


def content_of(packet):
    return json.loads(packet.payload[packet.payload.index(b'{"id"') :])


@dataclass
class Decoder:
    """Takes what a subscriber received; every error of a real decoder is an AssertionError here."""

    frames: list[dict] = field(default_factory=list)

    def decode(self, packets):
        assert_consecutive([each.sequence_number for each in packets], 16)
        seen = set()
        for _, of_picture in itertools.groupby(packets, lambda each: each.timestamp):
            picture = list(of_picture)
            assert [each.marker for each in picture] == [0] * (len(picture) - 1) + [1]
            contents = [content_of(each) for each in picture]
            for number, parts in itertools.groupby(contents, lambda content: content["id"]):
                frame = list(parts)
                assert [content["part"] for content in frame] == list(range(PACKETS_PER_FRAME))
                assert set(frame[0]["needs"]) <= seen, f"{frame[0]} without {set(frame[0]['needs']) - seen}"
                seen.add(number)
                self.frames.append(frame[0])
        return self

    def temporal_layers(self, last=0):
        """Which ones there are among the last frames."""
        return {frame["temporal"] for frame in self.frames[-last:]}

    def spatial_layers(self, last=0):
        return {frame["spatial"] for frame in self.frames[-last:]}


def assert_consecutive(numbers, bits):
    assert numbers == [(numbers[0] + index) & ((1 << bits) - 1) for index in range(len(numbers))]


def play(rig, publisher, encoder, seconds, *, lose=lambda _: False):
    """Send pictures, a keyframe whenever one was asked for; packets for which *lose* holds never leave."""
    asked = len(publisher.received(RtcpPsfbPacket))
    for _ in range(int(seconds * 1_000_000 / FRAME_US)):
        requests = len(publisher.received(RtcpPsfbPacket))
        publisher.send(*(each for each in encoder.picture(is_key=requests > asked) if not lose(each)))
        asked = requests
        rig.run(FRAME_US)


# --------------------------------------------------------------------------------- AV1 with the dependency descriptor


DEPENDENCY_ID = 13


@dataclass(frozen=True)
class Template:
    """One of a dependency structure; *indications* as in the tables of the specification: ``-DSR`` by decode target."""

    spatial: int
    temporal: int
    indications: str
    frame_diffs: tuple[int, ...] = ()
    chain_diffs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Structure:
    """Templates are ordered by layer."""

    templates: tuple[Template, ...]
    protecting_chains: tuple[int, ...]
    """By decode target."""
    resolutions: tuple[tuple[int, int], ...] = ()

    @property
    def chains(self):
        return max(self.protecting_chains) + 1


L1T3_STRUCTURE = Structure(
    (
        Template(0, 0, "SSS", (), (0,)),
        Template(0, 0, "SSS", (4,), (4,)),
        Template(0, 1, "-DS", (2,), (2,)),
        Template(0, 2, "--D", (1,), (1,)),
        Template(0, 2, "--D", (1,), (3,)),
    ),
    (0, 0, 0),
)
L2T2_STRUCTURE = Structure(
    (
        Template(0, 0, "SSSS", (), (0, 0)),
        Template(0, 0, "SSRR", (4,), (4, 3)),
        Template(0, 1, "-D-R", (2,), (2, 1)),
        Template(1, 0, "--SS", (1,), (1, 1)),
        Template(1, 0, "--SS", (4, 1), (1, 1)),
        Template(1, 1, "---D", (2, 1), (3, 2)),
    ),
    (0, 0, 1, 1),
    ((320, 180), (640, 360)),
)


class BitWriter:
    def __init__(self):
        self.text = ""

    def put(self, value, width):
        self.text += f"{value:0{width}b}" if width else ""

    def put_non_symmetric(self, value, limit):
        """``ns(n)`` of the AV1 specification, section 4.10.7."""
        width = limit.bit_length()
        short = (1 << width) - limit
        self.put(*((value, width - 1) if value < short else (value + short, width)))

    def bytes(self):
        padded = self.text.ljust((len(self.text) + 7) // 8 * 8, "0")
        return bytes(int(padded[index : index + 8], 2) for index in range(0, len(padded), 8))


def write_descriptor(number, template_id, *, start, end, structure=None, offset=0, indications=None, active=None):
    """A dependency descriptor (AV1 RTP specification, appendix A.8.2); *structure* is attached if given."""
    bits = BitWriter()
    for value, width in ((start, 1), (end, 1), (template_id, 6), (number & 0xFFFF, 16)):
        bits.put(value, width)
    if structure is None and indications is None and active is None:
        return bits.bytes()
    for flag in (structure is not None, active is not None, indications is not None, False, False):
        bits.put(flag, 1)
    if structure is not None:
        write_structure(bits, structure, offset)
    if active is not None:
        bits.put(int(active, 2), len(active))
    for indication in indications or "":
        bits.put("-DSR".index(indication), 2)
    return bits.bytes()


def write_structure(bits, structure, offset):
    templates, targets = structure.templates, len(structure.protecting_chains)
    bits.put(offset, 6)
    bits.put(targets - 1, 5)
    for before, after in itertools.pairwise(templates):
        is_same = (before.spatial, before.temporal) == (after.spatial, after.temporal)
        bits.put(0 if is_same else 1 if before.spatial == after.spatial else 2, 2)
    bits.put(3, 2)
    for template in templates:
        for indication in template.indications:
            bits.put("-DSR".index(indication), 2)
    for template in templates:
        for diff in template.frame_diffs:
            bits.put(1, 1)
            bits.put(diff - 1, 4)
        bits.put(0, 1)
    bits.put_non_symmetric(structure.chains, targets + 1)
    for chain in structure.protecting_chains:
        bits.put_non_symmetric(chain, structure.chains)
    for template in templates:
        for diff in template.chain_diffs:
            bits.put(diff, 4)
    bits.put(bool(structure.resolutions), 1)
    for width, height in structure.resolutions:
        bits.put(width - 1, 16)
        bits.put(height - 1, 16)


class DescribedPacket(RtpPacket):
    """With a dependency descriptor in the two-byte form of header extensions."""

    descriptor = b""

    def serialize(self, _extensions):
        plain = super().serialize(HeaderExtensionsMap())
        element = bytes([DEPENDENCY_ID, len(self.descriptor)]) + self.descriptor
        words = (len(element) + 3) // 4
        block = b"\x10\x00" + words.to_bytes(2, "big") + element.ljust(4 * words, b"\0")
        return bytes([plain[0] | 0x10]) + plain[1:12] + block + plain[12:]


@dataclass
class Av1Encoder:
    """L2T2: every second picture is of the upper temporal layer, every picture has two sizes."""

    sequence: int = 1000
    frame_number: int = 0xFFE0
    timestamp: int = 0xFFFF0000
    layer_bytes: tuple[int, int] = (200, 800)
    number: int = 0
    keyframe: int = 0
    offset: int = 0

    def picture(self, *, is_key=False):
        is_key = is_key or self.number == 0
        if is_key:
            self.keyframe = self.number
            self.offset = (self.offset + len(L2T2_STRUCTURE.templates)) % 64
        temporal = (self.number - self.keyframe) % 2
        templates = (0, 3) if is_key else ((1, 4), (2, 5))[temporal]
        packets = [each for spatial in (0, 1) for each in self.frame(spatial, templates[spatial], is_key=is_key)]
        packets[-1].marker = 1
        self.number += 1
        self.timestamp += 3000
        return packets

    def frame(self, spatial, template, *, is_key):
        number = 2 * self.number + spatial
        needs = [number - diff for diff in L2T2_STRUCTURE.templates[template].frame_diffs]
        temporal = L2T2_STRUCTURE.templates[template].temporal
        packets = []
        for part in range(PACKETS_PER_FRAME):
            is_first, is_last = part == 0, part == PACKETS_PER_FRAME - 1
            begins = is_key and spatial == 0 and is_first
            made = DescribedPacket(
                payload_type=VIDEO,
                sequence_number=self.sequence & 0xFFFF,
                timestamp=self.timestamp & 0xFFFFFFFF,
                ssrc=0x1000,
            )
            made.payload = (b"\x18" if begins else b"\x10") + told(
                number, needs, spatial, temporal, part, self.layer_bytes[spatial]
            )
            made.descriptor = write_descriptor(
                self.frame_number + number, (self.offset + template) % 64, start=is_first, end=is_last,
                structure=L2T2_STRUCTURE if begins else None, offset=self.offset,
            )  # fmt: skip
            packets.append(made)
            self.sequence += 1
        return packets
