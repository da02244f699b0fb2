"""From publisher to subscriber: what is forwarded, and how it is rewritten."""

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtpPacket

from tests.unit.fastpath.rig import AUDIO, MS, SECOND, VIDEO, VP8_DELTA, VP8_KEYFRAME, Rig, packet, renumbered

STARTS = [0, 1, 100, 32766, 32767, 32768, 65500, 65534, 65535]


def call(start=100):
    """A publisher and a subscriber whose picture has begun at sequence number *start*."""
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    track = alice.publish_video()
    down = bob.subscribe(track)
    alice.send(packet(start, ssrc=0x1000, payload=VP8_KEYFRAME, timestamp=90_000))
    return rig, alice, bob, track, down


def numbers(packets):
    return [packet.sequence_number for packet in packets]


@pytest.mark.parametrize("start", STARTS)
def test_packets_arrive_in_order_with_the_subscribers_ssrc(start):
    _, alice, bob, _, _ = call(start)
    alice.send(*(packet(start + n, ssrc=0x1000, timestamp=90_000 + n) for n in range(1, 40)))
    assert numbers(bob.rtp) == renumbered(range(start, start + 40))
    assert {packet.ssrc for packet in bob.rtp} == {0x5000}
    assert [packet.timestamp for packet in bob.rtp] == [90_000 + n for n in range(40)]
    assert bob.rtp[0].payload == VP8_KEYFRAME
    assert bob.rtp[1].payload == VP8_DELTA


def test_marker_and_payload_type():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video(), pt=120)
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME, marker=1), packet(2, ssrc=0x1000, marker=0))
    assert [(packet.marker, packet.payload_type) for packet in bob.rtp] == [(1, 120), (0, 120)]


def test_a_picture_begins_with_a_keyframe_which_is_asked_for():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    alice.send(packet(1, ssrc=0x1000), packet(2, ssrc=0x1000))
    assert bob.rtp == []
    (request,) = alice.received(RtcpPsfbPacket)
    assert (request.fmt, request.media_ssrc) == (1, 0x1000)
    alice.send(packet(3, ssrc=0x1000, payload=VP8_KEYFRAME))
    assert numbers(bob.rtp) == [3]


def test_keyframe_requests_are_throttled_and_repeated():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video())
    for number in range(90):
        alice.send(packet(number, ssrc=0x1000))
        rig.run(10 * MS)
    assert len(alice.received(RtcpPsfbPacket)) == 2


def test_a_subscribers_requests_reach_the_publisher_throttled():
    rig, alice, bob, _, down = call()
    for _ in range(90):
        bob.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000))
        rig.run(10 * MS)
    assert len(alice.received(RtcpPsfbPacket)) == 2
    assert rig.core.describe_down_track(down)["keyframe_requests"] == 90


def test_a_new_subscriber_does_not_wait_for_the_throttle():
    rig, alice, bob, track, _ = call()
    rig.run(3 * SECOND)
    bob.send_rtcp(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000))
    rig.run(10 * MS)
    carol = rig.peer()
    carol.subscribe(track)
    rig.run(100 * MS)
    alice.send(packet(101, ssrc=0x1000))
    assert len(alice.received(RtcpPsfbPacket)) == 2


def test_a_late_subscriber_starts_with_the_next_keyframe_when_the_last_one_is_old():
    rig, alice, bob, track, _ = call(100)
    rig.run(3 * SECOND)
    carol = rig.peer()
    carol.subscribe(track, ssrc=0x6000)
    alice.send(packet(101, ssrc=0x1000), packet(102, ssrc=0x1000, payload=VP8_KEYFRAME), packet(103, ssrc=0x1000))
    assert numbers(carol.rtp) == [102, 103]
    assert numbers(bob.rtp) == [100, 101, 102, 103]


def test_audio_needs_no_keyframe():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_audio(), pt=AUDIO, source_pt=AUDIO)
    alice.send(*(packet(n, ssrc=0x2000, pt=AUDIO, payload=b"sound") for n in (65534, 65535, 65536)))
    assert numbers(bob.rtp) == renumbered([65534, 65535, 65536])


def test_padding_is_left_out_without_a_gap():
    _, alice, bob, _, _ = call(100)
    padding = RtpPacket(payload_type=VIDEO, sequence_number=101, ssrc=0x1000)
    padding.padding_size = 20
    alice.send(padding, packet(102, ssrc=0x1000), packet(103, ssrc=0x1000))
    assert numbers(bob.rtp) == [100, 101, 102]


def test_a_codec_the_subscriber_did_not_take_is_left_out():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    track = rig.core.add_up_track(is_video=True, clock_rate=90000)
    rig.core.bind_up_track(track, alice.handle, codecs=[(VIDEO, "VP8", 0), (98, "VP9", 0)], ssrc=0x1000)
    bob.subscribe(track)
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME), packet(2, ssrc=0x1000, pt=98), packet(3, ssrc=0x1000))
    assert numbers(bob.rtp) == [1, 2]


def test_duplicates_are_forwarded_once():
    rig, alice, bob, _, _ = call(100)
    alice.send(packet(101, ssrc=0x1000), packet(101, ssrc=0x1000))
    assert numbers(bob.rtp) == [100, 101]
    assert rig.core.counters()["dropped_srtp_replay_packets"] == 1


def test_nothing_goes_to_a_peer_without_consent_or_keys():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer(connected=False)
    track = alice.publish_video()
    bob.subscribe(track)
    alice.send(packet(1, ssrc=0x1000, payload=VP8_KEYFRAME))
    bob.check()
    alice.send(packet(2, ssrc=0x1000, payload=VP8_KEYFRAME))
    assert bob.rtp == []
    bob.set_keys()
    alice.send(packet(3, ssrc=0x1000, payload=VP8_KEYFRAME))
    assert numbers(bob.rtp) == [3]


def test_subscribers_come_one_after_the_other_so_that_sizes_can_share_a_message():
    rig, alice, _, track, _ = call()
    peers = [rig.peer() for _ in range(3)]
    for number, peer in enumerate(peers):
        peer.subscribe(track, ssrc=0x6000 + number)
    alice.send(packet(101, ssrc=0x1000, payload=VP8_KEYFRAME))
    rig.core.receive([(alice.protect(packet(102, ssrc=0x1000)), alice.address)], rig.now_us)
    order = [address for _, address in rig.core.take_outgoing()]
    assert order == sorted(order)


def test_publishing_again_goes_on_where_the_old_source_stopped():
    rig, alice, bob, track, _ = call(100)
    alice.send(packet(101, ssrc=0x1000, timestamp=93_000))
    again = rig.peer()
    rig.core.remove_transport(alice.handle)
    again.bind_video(track, ssrc=0x7000, rtx_ssrc=0x7001)
    rig.run(1 * SECOND)
    again.send(packet(40_000, ssrc=0x7000, timestamp=5, payload=VP8_DELTA))
    assert numbers(bob.rtp) == [100, 101]
    again.send(packet(40_001, ssrc=0x7000, timestamp=8, payload=VP8_KEYFRAME), packet(40_002, ssrc=0x7000, timestamp=9))
    assert numbers(bob.rtp) == [100, 101, 102, 103]
    assert bob.rtp[2].timestamp == 93_000 + 90_000
    assert bob.rtp[3].timestamp == bob.rtp[2].timestamp + 1


def test_an_ssrc_the_offer_did_not_name_is_bound_by_its_payload_type():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    bob.subscribe(alice.publish_video(ssrc=None, rtx_ssrc=None))
    alice.send(packet(1, ssrc=0xABCD, payload=VP8_KEYFRAME))
    assert numbers(bob.rtp) == [1]


def test_unknown_ssrcs_are_counted_and_their_number_is_bounded():
    rig = Rig()
    alice = rig.peer()
    alice.publish_video()
    for ssrc in range(100):
        alice.send(packet(1, ssrc=0x9000 + ssrc))
    assert rig.core.counters()["dropped_unknown_ssrc_packets"] == 100


def test_removed_objects_are_gone():
    rig, alice, bob, track, down = call()
    rig.core.remove_up_track(track)
    with pytest.raises(KeyError):
        rig.core.describe_down_track(down)
    rig.core.remove_transport(alice.handle)
    rig.core.remove_transport(bob.handle)
    counters = rig.core.counters()
    assert (counters["transports"], counters["up_tracks"], counters["down_tracks"]) == (0, 0, 0)
    assert counters["validated_addresses"] == 0
    with pytest.raises(KeyError):
        rig.core.remove_transport(bob.handle)


def test_a_handle_never_means_a_later_object():
    rig = Rig()
    first = rig.peer()
    rig.core.remove_transport(first.handle)
    second = rig.peer()
    assert second.handle != first.handle
    with pytest.raises(KeyError):
        rig.core.peer_address(first.handle)


def test_many_transports_come_and_go():
    rig = Rig()
    handles = {}
    for number in range(2000):
        handles[number] = rig.core.add_transport(f"many{number:08}".encode(), b"p" * 24)
        if number % 3 == 0:
            rig.core.remove_transport(handles.pop(number // 2 if number // 2 in handles else number))
    assert rig.core.counters()["transports"] == len(handles)
    for handle in handles.values():
        rig.core.remove_transport(handle)
    assert rig.core.counters()["transports"] == 0
