"""Encoders of layered video that say in each packet what its frame needs, and a decoder that insists on it."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field

from aiortc.rtp import RtcpPsfbPacket

from tests.unit.fastpath.rig import MS, packet

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
