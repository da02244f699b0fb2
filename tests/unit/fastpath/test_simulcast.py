"""Simulcast layers: bound by restriction id, the highest that is alive is forwarded, switched at keyframes."""

from aiortc.rtp import RtpPacket

from tests.unit.fastpath.rig import MS, SECOND, VP8_DELTA, VP8_KEYFRAME, Rig

RID_ID = 10
RIDS = [b"rdiv4", b"rdiv2", b"rdiv1"]


def layer_packet(layer, sequence, payload=VP8_DELTA, timestamp=0, rid=True):
    made = RtpPacket(payload_type=96, sequence_number=sequence, timestamp=timestamp, ssrc=0x100 + layer)
    made.payload = payload
    if rid:
        made.extensions.rtp_stream_id = RIDS[layer].decode()
    return made


def call():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_extensions(alice.handle, rid=RID_ID, repaired_rid=RID_ID + 1)
    alice.extensions._HeaderExtensionsMap__ids.rtp_stream_id = RID_ID
    track = alice.publish_video(ssrc=None, rtx_ssrc=None, rids=RIDS)
    down = bob.subscribe(track)
    return rig, alice, bob, track, down


def test_layers_are_recognised_and_the_highest_is_forwarded():
    rig, alice, bob, track, _ = call()
    alice.send(*(layer_packet(layer, 10 * layer, VP8_KEYFRAME) for layer in range(3)))
    alice.send(*(layer_packet(layer, 10 * layer + 1, rid=False) for layer in range(3)))
    assert [layer["received_packets"] for layer in rig.core.describe_up_track(track)] == [2, 2, 2]
    assert {packet.ssrc for packet in bob.rtp} == {0x5000}


def test_a_switch_leaves_no_gap_in_numbers_and_no_step_back_in_time():
    rig, alice, bob, _, down = call()
    alice.send(layer_packet(0, 500, VP8_KEYFRAME, timestamp=1000))
    alice.send(layer_packet(0, 501, timestamp=4000))
    rig.run(100 * MS)
    alice.send(layer_packet(2, 60_000, timestamp=777))
    alice.send(layer_packet(0, 502, timestamp=7000))
    alice.send(layer_packet(2, 60_001, VP8_KEYFRAME, timestamp=777 + 3000))
    alice.send(layer_packet(0, 503, timestamp=10_000), layer_packet(2, 60_002, timestamp=777 + 6000))
    numbers = [packet.sequence_number for packet in bob.rtp]
    times = [packet.timestamp for packet in bob.rtp]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert times == sorted(set(times))
    assert rig.core.describe_down_track(down)["layer"] == 2


def test_a_layer_that_stops_is_left():
    rig, alice, bob, _, down = call()
    alice.send(*(layer_packet(layer, 1, VP8_KEYFRAME) for layer in range(3)))
    alice.send(layer_packet(2, 2, VP8_KEYFRAME))
    for number in range(30):
        rig.run(100 * MS)
        alice.send(layer_packet(1, 2 + number, VP8_KEYFRAME if number % 10 == 9 else VP8_DELTA))
    assert rig.core.describe_down_track(down)["layer"] == 1
    assert len(bob.rtp) > 5
    rig.run(SECOND)
