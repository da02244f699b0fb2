"""Temporal layers inside one stream: left out whole and without a gap, taken in again where they can be decoded."""

from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_marking
from tests.unit.fastpath.layered import Decoder, Vp8Encoder, assert_consecutive, content_of, play
from tests.unit.fastpath.rig import SECOND, VIDEO, VIDEO_RTX, Rig

BITRATE_BPS = 2 * 500 * 8 * 25


def call(**options):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    track = alice.publish_video()
    down = bob.subscribe(track, **options)
    rig.core.join_client(bob.handle, b"bob")
    return rig, alice, bob, track, down


def descriptor(packet):
    return VpxPayloadDescriptor.parse(packet.payload)[0]


def test_without_a_limit_everything_is_sent():
    rig, alice, bob, _, down = call()
    encoder = Vp8Encoder()
    play(rig, alice, encoder, 3)
    assert len(Decoder().decode(bob.rtp).frames) == encoder.number
    assert rig.core.describe_down_track(down)["layer"] == (0, 2)


def test_a_lower_maximum_leaves_out_the_highest_layer_and_asks_for_no_keyframe():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 55 // 100)
    play(rig, alice, Vp8Encoder(), 6)
    decoder = Decoder().decode(bob.rtp)
    assert decoder.temporal_layers(last=30) == {0, 1}
    assert_consecutive([descriptor(packet).picture_id for packet in bob.rtp][::2], 15)
    assert alice.received(RtcpPsfbPacket) == []
    told = rig.core.describe_down_track(down)
    assert (told["layer"], told["target_layer"], told["reason"]) == ((0, 1), (0, 1), "limit")


def test_only_the_base_layer_is_left_of_a_very_low_maximum():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 28 // 100)
    play(rig, alice, Vp8Encoder(), 8)
    assert Decoder().decode(bob.rtp).temporal_layers(last=20) == {0}
    assert alice.received(RtcpPsfbPacket) == []


def test_layers_come_back_at_sync_points():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 28 // 100)
    encoder = Vp8Encoder()
    play(rig, alice, encoder, 6)
    before = len(bob.rtp)
    rig.core.set_down_limits(down, max_bps=0)
    play(rig, alice, encoder, 2)
    assert Decoder().decode(bob.rtp).temporal_layers(last=20) == {0, 1, 2}
    firsts = {}
    for packet in bob.rtp[before:]:
        temporal, sync = descriptor(packet).tid
        firsts.setdefault(temporal, sync)
    assert list(firsts.items()) == [(0, 0), (1, 1), (2, 1)]
    assert alice.received(RtcpPsfbPacket) == []


def test_the_counter_of_base_pictures_stays_the_publishers():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 28 // 100)
    play(rig, alice, Vp8Encoder(), 6)
    base = [descriptor(packet).tl0picidx for packet in bob.rtp if descriptor(packet).tid[0] == 0]
    assert_consecutive(base[::2], 8)


def test_what_was_sent_is_sent_again_as_it_was():
    rig, alice, bob, _, down = call(rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 55 // 100)
    play(rig, alice, Vp8Encoder(), 6)
    sent = bob.rtp[-30:]
    for packet in sent:
        rig.run(100_000)
        bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[packet.sequence_number]))
    again = [packet for packet in bob.rtp if packet.ssrc == 0x5001]
    assert [(p.timestamp, p.marker, p.payload[2:]) for p in again] == [(p.timestamp, p.marker, p.payload) for p in sent]


def is_of_layer(temporal):
    return lambda packet: descriptor(packet).tid[0] == temporal


def test_a_packet_that_is_to_be_left_out_but_comes_late_leaves_its_number_empty():
    """Its number was kept for it, as it could have been one of the layers that are sent."""
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 55 // 100)
    encoder = Vp8Encoder()
    play(rig, alice, encoder, 6)
    pictures = [encoder.picture() for _ in range(4)]
    late = next(picture for picture in pictures if is_of_layer(2)(picture[0]))
    before = len(bob.rtp)
    for picture in pictures:
        alice.send(*(packet for packet in picture if packet is not late[0]))
    gap = {packet.sequence_number for packet in bob.rtp[before:]}
    alice.send(late[0])
    filler = bob.rtp[-1]
    assert (filler.payload, filler.marker) == (b"", 0)
    assert filler.sequence_number not in gap
    numbers = sorted(gap | {filler.sequence_number})
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_the_uplinks_losses_leave_no_broken_picture():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 55 // 100)
    encoder = Vp8Encoder()
    play(rig, alice, encoder, 3)
    lost = []

    def lose(packet):
        is_lost = is_of_layer(2)(packet) and packet.sequence_number % 5 == 0
        lost.append(packet) if is_lost else None
        return is_lost

    play(rig, alice, encoder, 2, lose=lose)
    before = len(bob.rtp)
    alice.send(*lost[-8:])
    assert {packet.payload for packet in bob.rtp[before:]} <= {b""}


def test_the_token_bucket_takes_temporal_layers_before_it_cuts():
    """Nobody allocates for a subscriber that belongs to no client; its maximum holds all the same."""
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    down = bob.subscribe(alice.publish_video())
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS // 2)
    encoder = Vp8Encoder()
    play(rig, alice, encoder, 20)
    decoder = Decoder().decode(bob.rtp)
    received_bps = sum(8 * len(packet.payload) for packet in bob.rtp) / 20
    assert received_bps < 1.35 * BITRATE_BPS / 2
    assert alice.received(RtcpPsfbPacket) == []
    assert {frame["id"] for frame in decoder.frames if frame["temporal"] == 0} == set(range(0, encoder.number, 4))


def test_a_switch_of_simulcast_layers_counts_pictures_on_where_some_were_left_out():
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_extensions(alice.handle, rid=10)
    alice.extensions._HeaderExtensionsMap__ids.rtp_stream_id = 10
    down = bob.subscribe(alice.publish_video(ssrc=None, rtx_ssrc=None, rids=[b"l", b"h"]))
    rig.core.join_client(bob.handle, b"bob")
    rig.core.set_down_limits(down, max_bps=BITRATE_BPS * 30 // 100)
    low, high = Vp8Encoder(ssrc=0x100), Vp8Encoder(ssrc=0x101, sequence=40_000, picture_id=77, tl0=3, packet_bytes=1000)

    def both(seconds):
        for _ in range(int(seconds * 30)):
            requests = alice.received(RtcpPsfbPacket)
            alice.rtcp.clear()
            for rid, encoder in (("l", low), ("h", high)):
                asked = any(request.media_ssrc == encoder.ssrc for request in requests)
                for packet in encoder.picture(is_key=asked):
                    packet.extensions.rtp_stream_id = rid
                    alice.send(packet)
            rig.run(SECOND // 30)

    both(5)
    assert rig.core.describe_down_track(down)["layer"] == (0, 0)
    rig.core.set_down_limits(down, max_bps=0)
    both(3)
    assert rig.core.describe_down_track(down)["layer"] == (1, 2)
    received = [content_of(packet) for packet in bob.rtp]
    assert [content["part"] for content in received] == [0, 1] * (len(received) // 2)
    assert_consecutive([packet.sequence_number for packet in bob.rtp], 16)
    assert_consecutive([descriptor(packet).picture_id for packet in bob.rtp][::2], 15)
    assert_consecutive([descriptor(p).tl0picidx for p in bob.rtp if descriptor(p).tid[0] == 0][::2], 8)


@given(
    partition_start=st.booleans(),
    partition_id=st.integers(0, 7),
    picture_id=st.none() | st.integers(0, 0x7FFF),
    tl0=st.none() | st.integers(0, 255),
    tid=st.none() | st.tuples(st.integers(0, 3), st.integers(0, 1)),
    keyidx=st.none() | st.integers(0, 31),
    frame=st.binary(min_size=1, max_size=5),
)
def test_descriptors_are_read_as_aiortc_writes_them(partition_start, partition_id, picture_id, tl0, tid, keyidx, frame):
    written = VpxPayloadDescriptor(int(partition_start), partition_id, picture_id, tl0, tid, keyidx)
    marking = probe_marking("VP8", bytes(written) + frame)
    assert (marking["picture_id"], marking["tl0"]) == (picture_id, tl0)
    assert marking["layer"] == (0, tid[0] if tid else 0)
    assert marking["is_layered"] == (tid is not None)
    if any(each is not None for each in (picture_id, tl0, tid, keyidx)):
        assert marking["starts"] == (partition_start and partition_id == 0)
    is_sync = tid is not None and tid[1] == 1 and tid[0] > 0
    assert {temporal for _, temporal in marking["opens"]} == ({tid[0]} if is_sync else set())
    assert marking["opens_from"] == ((0, tid[0] - 1) if is_sync else (0, 0))
