"""What the core says of publishers: how loud they are, and what their network does to their packets."""

import struct

import pytest
from aiortc.rtp import RtcpRtpfbPacket

from tests.unit.fastpath.rig import AUDIO, MS, VIDEO_RTX, VP8_KEYFRAME, Rig, packet


@pytest.fixture
def rig():
    return Rig()


def speak(alice, *levels):
    """One packet of each level, in -dBov as RFC 6464 has it; None: without one."""
    for number, level in enumerate(levels):
        said = packet(number, ssrc=0x2000, pt=AUDIO)
        said.extensions.audio_level = None if level is None else (True, level)
        alice.send(said)


def test_loudness_is_the_mean_since_the_last_look(rig):
    alice = rig.peer()
    rig.core.set_extensions(alice.handle, audio_level=5)
    alice.extensions._HeaderExtensionsMap__ids.audio_level = 5
    track = alice.publish_audio()
    assert rig.core.take_loudness() == {}
    speak(alice, 27, 47, None)
    assert rig.core.take_loudness() == {track: 90.0}
    assert rig.core.take_loudness() == {}
    speak(alice, *[None] * 3, 127)
    assert rig.core.take_loudness() == {track: 0.0}


def test_levels_that_were_not_negotiated_are_not_read(rig):
    alice = rig.peer()
    alice.extensions._HeaderExtensionsMap__ids.audio_level = 5
    alice.publish_audio()
    speak(alice, 10)
    assert rig.core.take_loudness() == {}


def test_what_retransmission_brings_is_counted_once(rig):
    alice = rig.peer()
    track = alice.publish_video()
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME), packet(3, ssrc=0x1000))
    rig.run(20 * MS)
    assert alice.received(RtcpRtpfbPacket)[0].lost == [2]
    for number in (1, 2):
        alice.send(packet(number, ssrc=0x1001, pt=VIDEO_RTX, payload=struct.pack("!H", 2) + b"\x10\x01repaired"))
    (layer,) = rig.core.describe_up_track(track)
    assert (layer["received_packets"], layer["lost_packets"], layer["repaired_packets"]) == (3, 0, 1)


def test_jitter_is_told_in_microseconds(rig):
    alice = rig.peer()
    track = alice.publish_audio()
    for number in range(200):
        alice.send(packet(number, ssrc=0x2000, pt=AUDIO, timestamp=960 * number))
        rig.now_us += (20 + (-1) ** number * 4) * MS
    (layer,) = rig.core.describe_up_track(track)
    assert layer["jitter_us"] == pytest.approx(4 * MS, rel=0.05)
