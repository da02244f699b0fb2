"""A subscriber's maximum holds whatever the publisher does, and hurts nobody else."""

import itertools

from aiortc.rtp import RtcpPsfbPacket

from tests.unit.fastpath.rig import AUDIO, MS, VP8_KEYFRAME, Rig, packet

FRAME_BYTES = 8_000
FRAMES_PER_S = 25
BITRATE_BPS = 8 * FRAME_BYTES * FRAMES_PER_S


def publish(rig, alice, seconds):
    """25 frames/s of eight packets, a keyframe whenever one was asked for, and audio."""
    number, asked, packets = 1000, 0, FRAME_BYTES // 1000
    for frame in range(FRAMES_PER_S * seconds):
        requests = len(alice.received(RtcpPsfbPacket))
        is_key = frame == 0 or requests > asked
        asked = requests
        for index in range(packets):
            payload = (VP8_KEYFRAME if is_key and index == 0 else b"\x00" if index else b"\x10\x01").ljust(1000, b"v")
            alice.send(
                packet(number, ssrc=0x1000, payload=payload, timestamp=frame * 3000, marker=index == packets - 1)
            )
            number += 1
        alice.send(packet(frame, ssrc=0x2000, pt=AUDIO, payload=b"sound", timestamp=frame * 1600))
        rig.run(40 * MS)


def call(**limits):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    video, audio = alice.publish_video(), alice.publish_audio()
    down = bob.subscribe(video)
    bob.subscribe(audio, ssrc=0x5001, pt=AUDIO, source_pt=AUDIO)
    rig.core.set_down_limits(down, **limits)
    return rig, alice, bob, video, down


def video_of(peer):
    return [packet for packet in peer.rtp if packet.payload_type != AUDIO]


def test_the_maximum_holds_over_seconds():
    rig, alice, bob, _, _ = call(max_bps=BITRATE_BPS // 4)
    publish(rig, alice, 20)
    received_bps = 8 * sum(len(packet.payload) for packet in video_of(bob)) / 20
    assert 0.4 * BITRATE_BPS / 4 < received_bps < 1.4 * BITRATE_BPS / 4


def test_audio_is_never_limited():
    rig, alice, bob, _, _ = call(max_bps=BITRATE_BPS // 4)
    publish(rig, alice, 5)
    assert len([packet for packet in bob.rtp if packet.payload_type == AUDIO]) == 5 * FRAMES_PER_S


def test_whole_frames_are_cut_and_each_run_begins_with_a_keyframe_and_has_no_gap():
    rig, alice, bob, _, _ = call(max_bps=BITRATE_BPS // 4)
    publish(rig, alice, 20)
    received = video_of(bob)
    numbers = [packet.sequence_number for packet in received]
    assert numbers == [number & 0xFFFF for number in range(numbers[0], numbers[0] + len(numbers))]
    times = [packet.timestamp for packet in received]
    assert times == sorted(times)
    assert {times.count(time) for time in times} == {FRAME_BYTES // 1000}
    breaks = [after for before, after in itertools.pairwise(received) if after.timestamp - before.timestamp > 6000]
    assert breaks
    assert all(packet.payload.startswith(VP8_KEYFRAME[:2]) for packet in breaks)


def test_other_subscribers_get_everything():
    rig, alice, _, video, _ = call(max_bps=BITRATE_BPS // 4)
    carol = rig.peer()
    carol.subscribe(video)
    publish(rig, alice, 5)
    assert len(carol.rtp) == 5 * FRAMES_PER_S * FRAME_BYTES // 1000


def test_below_the_maximum_nothing_is_cut():
    rig, alice, bob, _, _ = call(max_bps=BITRATE_BPS * 11 // 10)
    publish(rig, alice, 5)
    assert len(video_of(bob)) == 5 * FRAMES_PER_S * FRAME_BYTES // 1000


def test_the_reason_is_told():
    rig, alice, bob, _, down = call(max_bps=BITRATE_BPS // 4)
    rig.core.join_client(bob.handle, b"bob")
    publish(rig, alice, 3)
    assert rig.core.describe_down_track(down)["reason"] == "limit"
