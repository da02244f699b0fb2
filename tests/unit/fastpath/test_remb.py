"""REMB of subscribers that have no transport-wide feedback."""

import struct

import pytest
from aiortc.rtp import RtcpPsfbPacket, pack_remb_fci

from tests.unit.fastpath.rig import AUDIO, MS, VIDEO, VIDEO_RTX, VP8_DELTA, VP8_KEYFRAME, Rig, packet
from tests.unit.fastpath.test_simulcast import RIDS, layer_packet
from tests.unit.fastpath.test_simulcast import call as simulcast_call

FRAME_MS = 40
PACKET_BYTES = 1000


def say(peer, bps):
    peer.send_rtcp(RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=pack_remb_fci(bps, [0x5000])))


def call(*, transport_cc=0):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_max_bitrate(alice.handle, 0)
    down = bob.subscribe(alice.publish_video())
    bob.subscribe(alice.publish_audio(), ssrc=0x6000, pt=AUDIO, source_pt=AUDIO)
    rig.core.join_client(bob.handle, b"bob", transport_cc=transport_cc)
    return rig, alice, bob, down


def play(rig, alice, frames, first=0):
    """25 frames/s of three packets, 600 kbit/s; a packet of audio with each."""
    for frame in range(first, first + frames):
        payload = VP8_KEYFRAME.ljust(PACKET_BYTES, b"k")
        alice.send(*(packet(3 * frame + n, ssrc=0x1000, payload=payload, timestamp=3600 * frame) for n in range(3)))
        alice.send(packet(frame, ssrc=0x2000, pt=AUDIO, timestamp=1920 * frame))
        rig.run(FRAME_MS * MS)


def estimate_bps(rig, peer):
    return rig.core.describe_client(peer.handle)["estimate_bps"]


def caps_bps(alice):
    """What the publisher was asked to keep to."""
    return [
        (packed & 0x3FFFF) << (packed >> 18 & 0x3F)
        for message in alice.received(RtcpPsfbPacket)
        if message.fmt == 15
        for (packed,) in [struct.unpack(">I", message.fci[4:8])]
    ]


def test_it_counts_once_it_is_below_what_is_sent():
    rig, alice, bob, _ = call()
    play(rig, alice, 50)
    say(bob, 900_000)
    assert estimate_bps(rig, bob) == 0
    say(bob, 400_000)
    assert estimate_bps(rig, bob) == pytest.approx(400_000, rel=1e-4)
    say(bob, 500_000)
    assert estimate_bps(rig, bob) == pytest.approx(500_000, rel=1e-4)


def test_in_a_call_of_two_the_publisher_is_told():
    rig, alice, bob, _ = call()
    play(rig, alice, 50)
    before = min(caps_bps(alice), default=1 << 62)
    say(bob, 400_000)
    play(rig, alice, 50, first=50)
    assert min(caps_bps(alice)) < 400_000 < before


def test_beside_transport_wide_feedback_it_does_not_count():
    rig, alice, bob, _ = call(transport_cc=6)
    play(rig, alice, 50)
    before = estimate_bps(rig, bob)
    say(bob, 100_000)
    assert estimate_bps(rig, bob) == before


def test_transports_of_one_client_add_up():
    rig, alice, bob, _ = call()
    again = rig.peer()
    again.subscribe(alice.publish_audio(ssrc=0x2222), ssrc=0x6001, pt=AUDIO, source_pt=AUDIO)
    rig.core.join_client(again.handle, b"bob")
    play(rig, alice, 50)
    say(bob, 300_000)
    say(again, 200_000)
    assert estimate_bps(rig, bob) == pytest.approx(500_000, rel=1e-4)


def test_video_pauses_where_nothing_passes_and_audio_does_not():
    rig, alice, bob, down = call()
    play(rig, alice, 50)
    for first in range(50, 300, 25):
        say(bob, 0)
        play(rig, alice, 25, first)
    assert rig.core.describe_down_track(down)["reason"] == "paused"
    video = [packet for packet in bob.rtp if packet.ssrc == 0x5000]
    assert len(video) < 3 * 220
    assert [packet.sequence_number for packet in bob.rtp if packet.ssrc == 0x6000] == list(range(300))


def test_layers_follow_and_padding_looks_for_room():
    rig, alice, bob, _, down = simulcast_call(rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    rig.core.join_client(bob.handle, b"bob")
    sizes = dict(zip(range(len(RIDS)), (300, 900, 2700), strict=True))  # of a frame: 60, 180 and 540 kbit/s

    def play_layers(frames, first, remb_bps):
        for frame in range(first, first + frames):
            for layer, size in sizes.items():
                for part in range(3):
                    payload = (VP8_KEYFRAME if frame % 25 == 0 and part == 0 else VP8_DELTA).ljust(size // 3, b"v")
                    alice.send(layer_packet(layer, 3 * frame + part, payload, timestamp=3600 * frame))
            if frame % 5 == 0 and remb_bps:
                say(bob, remb_bps)
            rig.run(FRAME_MS * MS)

    play_layers(100, 0, 0)
    assert rig.core.describe_down_track(down)["layer"] == (2, 0)
    play_layers(100, 100, 250_000)
    assert rig.core.describe_down_track(down)["layer"] == (1, 0)
    play_layers(200, 200, 320_000)
    assert any(packet.ssrc == 0x5001 and not packet.payload for packet in bob.rtp)
    play_layers(100, 400, 2_000_000)
    assert rig.core.describe_down_track(down)["layer"] == (2, 0)
