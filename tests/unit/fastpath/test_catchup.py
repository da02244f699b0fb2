"""A joiner's first picture comes from the cache; the publisher is asked only when the cache cannot serve."""

import itertools

from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket

from tests.unit.fastpath.rig import MS, SECOND, VP8_DELTA, VP8_KEYFRAME, Rig, packet, renumbered

FRAME_US, FRAME_TIMESTAMP = 33 * MS, 2970


def publish(rig, alice, first, count, keyframe=False):
    """*count* frames of two packets from sequence number *first* on, at 30 frames/s."""
    for frame in range(count):
        number = first + 2 * frame
        payload = VP8_KEYFRAME if keyframe and frame == 0 else VP8_DELTA
        timestamp = number // 2 * FRAME_TIMESTAMP
        alice.send(
            packet(number, ssrc=0x1000, payload=payload, timestamp=timestamp),
            packet(number + 1, ssrc=0x1000, payload=b"\x00\x00rest", timestamp=timestamp, marker=1),
        )
        rig.run(FRAME_US)
    return first + 2 * count


def call(first=1000, frames=30):
    rig = Rig()
    alice = rig.peer()
    track = alice.publish_video()
    return rig, alice, track, publish(rig, alice, first, frames, keyframe=True)


def keyframe_requests(alice):
    return [message for message in alice.received(RtcpPsfbPacket) if message.fmt in (1, 4)]


def join(rig, track, **options):
    bob = rig.peer()
    bob.subscribe(track, **options)
    return bob


def test_a_joiner_gets_the_cached_keyframe_and_all_that_followed():
    rig, alice, track, number = call()
    bob = join(rig, track)
    number = publish(rig, alice, number, 10)
    assert [p.sequence_number for p in bob.rtp] == list(range(1000, number))
    assert bob.rtp[0].payload == VP8_KEYFRAME
    assert keyframe_requests(alice) == []


def test_the_cache_wraps_with_the_sequence_numbers():
    rig, alice, track, number = call(first=65_510)
    bob = join(rig, track)
    number = publish(rig, alice, number, 10)
    assert [p.sequence_number for p in bob.rtp] == renumbered(range(65_510, number))


def test_cached_time_is_compressed_and_joins_live_time_without_a_step_back():
    rig, alice, track, number = call()
    bob = join(rig, track)
    live = number // 2 * FRAME_TIMESTAMP
    publish(rig, alice, number, 10)
    times = list(dict.fromkeys(p.timestamp for p in bob.rtp))
    cached, after = times[: times.index(live) + 1], times[times.index(live) :]
    assert len(times) == 40
    assert times == sorted(times)
    assert cached[-1] - cached[0] < 90 * 100  # a second of video in less than 100 ms
    assert {later - earlier for earlier, later in itertools.pairwise(after)} == {FRAME_TIMESTAMP}


def test_the_cache_is_sent_in_bursts_and_not_at_once():
    rig, alice, track, number = call(frames=60)
    bob = join(rig, track)
    alice.send(packet(number, ssrc=0x1000, timestamp=number // 2 * FRAME_TIMESTAMP))
    sizes = []
    for _ in range(10):
        before = len(bob.rtp)
        rig.run(10 * MS)
        sizes.append(len(bob.rtp) - before)
    assert max(sizes) <= 16
    assert sum(sizes) == 121


def test_an_old_keyframe_is_not_served_but_asked_for_anew():
    rig, alice, track, number = call(frames=90)
    bob = join(rig, track)
    number = publish(rig, alice, number, 1)
    assert bob.rtp == []
    assert len(keyframe_requests(alice)) == 1
    publish(rig, alice, number, 2, keyframe=True)
    assert bob.rtp[0].payload == VP8_KEYFRAME


def test_a_hundred_joins_in_a_second_cost_two_keyframe_requests():
    rig, alice, track, number = call(frames=90)
    joined = []
    answered = 0
    for step in range(30):
        joined += [join(rig, track) for _ in range(4 if step < 25 else 0)]
        asked = len(keyframe_requests(alice))
        number = publish(rig, alice, number, 1, keyframe=asked > answered)
        answered = asked
    assert len(joined) == 100
    assert all(bob.rtp and bob.rtp[0].payload == VP8_KEYFRAME for bob in joined)
    assert 1 <= len(keyframe_requests(alice)) <= 2


def test_a_packet_repaired_while_catching_up_keeps_its_place_and_compressed_time():
    rig, alice, track, number = call()
    bob = join(rig, track, rtx_ssrc=0x5001, rtx_payload_types=[(96, 97)])
    publish(rig, alice, number, 10)
    original = bob.rtp[10]
    bob.rtp.clear()
    bob.send_rtcp(nack(original.sequence_number))
    assert [(p.ssrc, p.timestamp) for p in bob.rtp] == [(0x5001, original.timestamp)]


def nack(lost):
    return RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[lost])


def test_a_joiner_that_leaves_while_catching_up_stops_nobody():
    rig, alice, track, number = call()
    bob, carol = rig.peer(), rig.peer()
    down = bob.subscribe(track)
    carol.subscribe(track)
    alice.send(packet(number, ssrc=0x1000, timestamp=number // 2 * FRAME_TIMESTAMP))
    rig.core.remove_down_track(down)
    rig.run(SECOND)
    assert len(carol.rtp) == 61


def test_publishing_again_while_a_joiner_catches_up_goes_on_from_the_new_keyframe():
    rig, alice, track, number = call()
    bob = join(rig, track)
    alice.send(packet(number, ssrc=0x1000, timestamp=number // 2 * FRAME_TIMESTAMP))
    rig.run(10 * MS)
    half = len(bob.rtp)
    again = rig.peer()
    again.bind_video(track)
    publish(rig, again, 7, 5, keyframe=True)
    numbers = [p.sequence_number for p in bob.rtp]
    assert 0 < half < 61
    assert numbers == list(range(1000, 1000 + half + 10))
