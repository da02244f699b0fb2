"""Simulcast layers: bound by restriction id, the highest that is alive is forwarded, switched at keyframes."""

from aiortc.rtp import RtcpRtpfbPacket, RtpPacket

from tests.unit.fastpath.rig import MS, SECOND, VP8_DELTA, VP8_KEYFRAME, Rig

RID_ID = 10
RIDS = [b"rdiv4", b"rdiv2", b"rdiv1"]


def layer_packet(layer, sequence, payload=VP8_DELTA, timestamp=0, rid=True):
    made = RtpPacket(payload_type=96, sequence_number=sequence, timestamp=timestamp, ssrc=0x100 + layer)
    made.payload = payload
    if rid:
        made.extensions.rtp_stream_id = RIDS[layer].decode()
    return made


def call(**options):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_extensions(alice.handle, rid=RID_ID, repaired_rid=RID_ID + 1)
    alice.extensions._HeaderExtensionsMap__ids.rtp_stream_id = RID_ID
    track = alice.publish_video(ssrc=None, rtx_ssrc=None, rids=RIDS)
    down = bob.subscribe(track, **options)
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
    assert rig.core.describe_down_track(down)["layer"] == (2, 0)


def test_a_layer_that_stops_is_left():
    rig, alice, bob, _, down = call()
    alice.send(*(layer_packet(layer, 1, VP8_KEYFRAME) for layer in range(3)))
    alice.send(layer_packet(2, 2, VP8_KEYFRAME))
    for number in range(30):
        rig.run(100 * MS)
        alice.send(layer_packet(1, 2 + number, VP8_KEYFRAME if number % 10 == 9 else VP8_DELTA))
    assert rig.core.describe_down_track(down)["layer"] == (1, 0)
    assert len(bob.rtp) > 5
    rig.run(SECOND)


def vp8(picture_id, tl0, *, is_key=False, is_long=True):
    """A VP8 payload with both counters (RFC 7741 section 4.2)."""
    picture = (0x8000 | picture_id).to_bytes(2, "big") if is_long else bytes([picture_id])
    return b"\x90\xc0" + picture + bytes([tl0]) + (b"\x00" if is_key else b"\x01") + b"v" * 50


def frame(layer, sequence, payload, timestamp):
    made = layer_packet(layer, sequence, payload, timestamp)
    made.marker = 1
    return made


def counters(packet):
    return int.from_bytes(packet.payload[2:4], "big") & 0x7FFF, packet.payload[4]


def test_picture_ids_count_on_over_a_switch():
    rig, alice, bob, _, _ = call()
    alice.send(frame(0, 500, vp8(0x7FFE, 254, is_key=True), 1000))
    alice.send(frame(0, 501, vp8(0x7FFF, 255), 4000))
    rig.run(100 * MS)
    alice.send(frame(2, 9000, vp8(77, 3, is_key=True), 900))
    alice.send(frame(2, 9001, vp8(78, 4), 3900))
    assert [counters(packet) for packet in bob.rtp] == [(0x7FFE, 254), (0x7FFF, 255), (0, 0), (1, 1)]
    assert [packet.payload[5:] for packet in bob.rtp[2:]] == [vp8(77, 3, is_key=True)[5:], vp8(78, 4)[5:]]


def test_short_picture_ids_count_on_in_their_seven_bits():
    rig, alice, bob, _, _ = call()
    alice.send(frame(0, 500, vp8(126, 9, is_key=True, is_long=False), 1000))
    rig.run(100 * MS)
    alice.send(frame(2, 9000, vp8(5, 30, is_key=True, is_long=False), 900))
    alice.send(frame(2, 9001, vp8(6, 31, is_long=False), 3900))
    assert [tuple(packet.payload[2:4]) for packet in bob.rtp] == [(126, 9), (127, 10), (0, 11)]


def test_a_packet_of_the_last_layer_is_sent_again_as_it_was():
    rig, alice, bob, _, _ = call(rtx_ssrc=0x5001, rtx_payload_types=[(96, 97)])
    alice.send(frame(0, 500, vp8(10, 1, is_key=True), 1000), frame(0, 501, vp8(11, 2), 4000))
    rig.run(100 * MS)
    alice.send(frame(2, 9000, vp8(77, 3, is_key=True), 900))
    sent = bob.rtp[:]
    for packet in sent:
        bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[packet.sequence_number]))
    again = [packet for packet in bob.rtp if packet.ssrc == 0x5001]
    assert [(p.timestamp, p.payload[2:]) for p in again] == [(p.timestamp, p.payload) for p in sent]
    assert len({counters(packet) for packet in sent}) == 3
