"""Layers of VP9 and H.264 inside one stream: whole pictures are left, and a larger one begins with a keyframe."""

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_counted_on, probe_marking
from tests.unit.fastpath.layered import Decoder, H264Encoder, Vp8Encoder, Vp9Encoder, content_of, play
from tests.unit.fastpath.rig import SECOND, VIDEO, VIDEO_RTX, Rig

VP9_BPS = 2 * (100 + 300 + 900) * 8 * 25
MEDIUM_BPS, SMALL_BPS = VP9_BPS * 45 // 130, VP9_BPS * 12 // 130
H264_BPS = 2 * 500 * 8 * 25


def call(codec="VP9", **options):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    track = alice.publish_video(codec=codec)
    down = bob.subscribe(track, **options)
    rig.core.join_client(bob.handle, b"bob")
    return rig, alice, bob, track, down


def test_without_a_limit_everything_is_sent():
    rig, alice, bob, _, down = call()
    encoder = Vp9Encoder()
    play(rig, alice, encoder, 3)
    assert len(Decoder().decode(bob.rtp).frames) == 3 * encoder.number
    told = rig.core.describe_down_track(down)
    assert (told["layer"], told["reason"]) == ((2, 2), "wanted")


@pytest.mark.parametrize("is_key_only", [False, True])
@pytest.mark.parametrize(("max_bps", "spatial"), [(MEDIUM_BPS, {0, 1}), (SMALL_BPS, {0})])
def test_a_maximum_chooses_the_largest_picture_below_it(is_key_only, max_bps, spatial):
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=max_bps)
    play(rig, alice, Vp9Encoder(is_key_only), 4)
    assert Decoder().decode(bob.rtp).spatial_layers(last=20) == spatial
    assert alice.received(RtcpPsfbPacket) == []
    told = rig.core.describe_down_track(down)
    assert (told["layer"], told["reason"]) == ((max(spatial), 2), "limit")


def test_frames_are_left_out_before_the_picture_shrinks():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=VP9_BPS * 60 // 100)
    play(rig, alice, Vp9Encoder(), 4)
    decoder = Decoder().decode(bob.rtp)
    assert (decoder.spatial_layers(last=20), decoder.temporal_layers(last=20)) == ({0, 1, 2}, {0, 1})


def test_a_larger_picture_begins_with_a_keyframe_that_is_asked_for():
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=SMALL_BPS)
    encoder = Vp9Encoder()
    play(rig, alice, encoder, 4)
    assert rig.core.describe_down_track(down)["layer"] == (0, 2)
    rig.core.set_down_limits(down, max_bps=0)
    since = encoder.number
    play(rig, alice, encoder, 4)
    decoder = Decoder().decode(bob.rtp)
    assert decoder.spatial_layers(last=20) == {0, 1, 2}
    assert len(alice.received(RtcpPsfbPacket)) == 1
    assert {frame["id"] // 3 for frame in decoder.frames} >= set(range(since, encoder.number))


def test_other_subscribers_get_everything():
    rig, alice, _, track, down = call()
    carol = rig.peer()
    carol.subscribe(track)
    rig.core.set_down_limits(down, max_bps=SMALL_BPS)
    encoder = Vp9Encoder()
    play(rig, alice, encoder, 3)
    assert len(Decoder().decode(carol.rtp).frames) == 3 * encoder.number


def test_a_packet_that_ends_a_smaller_picture_does_so_again_when_it_is_repeated():
    rig, alice, bob, _, down = call(rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    rig.core.set_down_limits(down, max_bps=MEDIUM_BPS)
    play(rig, alice, Vp9Encoder(), 4)
    sent = bob.rtp[-20:]
    for packet in sent:
        rig.run(SECOND // 10)
        bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[packet.sequence_number]))
    again = [packet for packet in bob.rtp if packet.ssrc == 0x5001]
    assert [(p.marker, p.payload[2:]) for p in again] == [(p.marker, p.payload) for p in sent]
    assert {packet.marker for packet in sent} == {0, 1}


def test_a_late_packet_of_the_size_that_was_sent_then_still_goes_out_whole():
    rig, alice, bob, _, down = call()
    encoder = Vp9Encoder()
    play(rig, alice, encoder, 3)
    *others, late = encoder.picture()
    alice.send(*others)
    rig.core.set_down_limits(down, max_bps=SMALL_BPS)
    play(rig, alice, encoder, 1)
    assert rig.core.describe_down_track(down)["layer"] == (0, 2)
    alice.send(late)
    assert (bob.rtp[-1].payload, bob.rtp[-1].marker) == (late.payload, 1)


def test_a_joiner_whose_limit_is_low_starts_from_the_cache():
    rig, alice, _, track, _ = call()
    encoder = Vp9Encoder()
    play(rig, alice, encoder, 1)
    carol = rig.peer()
    down = carol.subscribe(track)
    rig.core.join_client(carol.handle, b"carol")
    rig.core.set_down_limits(down, max_bps=MEDIUM_BPS)
    play(rig, alice, encoder, 2)
    assert Decoder().decode(carol.rtp).spatial_layers(last=20) == {0, 1}
    assert alice.received(RtcpPsfbPacket) == []


def test_a_tap_gets_every_layer():
    rig, alice, _, track, down = call()
    everything = rig.peer()
    everything.subscribe(track)
    rig.core.set_down_limits(down, max_bps=SMALL_BPS)
    encoder = Vp9Encoder()
    play(rig, alice, encoder, 2)
    assert Decoder().decode(everything.rtp).spatial_layers(last=9) == {0, 1, 2}


@pytest.mark.parametrize(("encoder", "codec", "is_capped"), [(Vp8Encoder, "VP8", True), (Vp9Encoder, "VP9", False)])
def test_only_a_publisher_of_one_size_is_held_to_its_subscribers_maximum(encoder, codec, is_capped):
    rig, alice, _, _, _ = call(codec)
    rig.core.set_max_bitrate(alice.handle, 2_000_000, audience_bps=300_000)
    play(rig, alice, encoder(), 3)
    (remb,) = {message.fci[:4] + message.fci[5:8] for message in alice.received(RtcpPsfbPacket) if message.fmt == 15}
    mantissa = int.from_bytes(remb[4:7], "big")
    exponent = [m.fci[5] >> 2 for m in alice.received(RtcpPsfbPacket) if m.fmt == 15][-1]
    bitrate_bps = (mantissa & 0x3FFFF) << exponent
    assert (bitrate_bps < 310_000) == is_capped


def test_pictures_of_h264_that_nobody_needs_are_left_out_first():
    rig, alice, bob, _, down = call("H264")
    rig.core.set_down_limits(down, max_bps=H264_BPS * 55 // 100)
    encoder = H264Encoder()
    play(rig, alice, encoder, 4)
    decoder = Decoder().decode(bob.rtp)
    assert decoder.temporal_layers(last=10) == {0}
    assert {frame["id"] for frame in decoder.frames} >= set(range(0, encoder.number, 2))
    rig.core.set_down_limits(down, max_bps=0)
    play(rig, alice, encoder, 1)
    assert Decoder().decode(bob.rtp).temporal_layers(last=4) == {0, 1}
    assert alice.received(RtcpPsfbPacket) == []


ENCODERS = {"VP8": Vp8Encoder, "VP9": Vp9Encoder, "H264": H264Encoder}


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(sorted(ENCODERS)), st.lists(st.integers(30_000, 700_000), min_size=2, max_size=5))
def test_whatever_the_limits_are_nothing_undecodable_is_sent(codec, limits):
    rig, alice, bob, _, down = call(codec)
    encoder = ENCODERS[codec]()
    for max_bps in limits:
        rig.core.set_down_limits(down, max_bps=max_bps)
        play(rig, alice, encoder, 1.5)
    Decoder().decode(bob.rtp)
    assert content_of(bob.rtp[-1])["id"] >= 0


# ------------------------------------------------------------------------------------------------------- descriptors


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # As Chromium 156 sends L3T3: flexible mode, 15-bit picture ids, reference indices.
        ("fcd754500287406c00", {"layer": (0, 2), "starts": True, "ends": True, "picture_id": 0x5754}),
        ("f8d754530287808ce0", {"layer": (1, 2), "starts": False, "ends": False, "picture_id": 0x5754}),
        ("f5d75455029d860c1a", {"layer": (2, 2), "starts": False, "ends": True, "picture_id": 0x5754}),
        ("f8d755100887010000", {"layer": (0, 0), "starts": True, "ends": False, "picture_id": 0x5755}),
        # RFC 9628 section 4.2, non-flexible mode: TL0PICIDX follows the layer indices.
        ("a81234", {"layer": (2, 1), "picture_id": 0x12, "tl0": None}),
        ("a8123407", {"layer": (2, 1), "picture_id": 0x12, "tl0": 7, "starts": False}),
        ("8812", {"is_layered": False, "layer": (0, 0), "starts": True, "picture_id": 0x12}),
        ("88", {"picture_id": None}),
        ("8892", {"picture_id": None}),
        ("0a50", {"spatial_layers": 3}),
        ("fa1234ff50", {"spatial_layers": 0}),  # it ends before the structure
        # Layers beyond those that are told apart count as the highest that is.
        ("2bfe", {"layer": (3, 3)}),
    ],
)
def test_descriptors_of_vp9(payload, expected):
    marking = probe_marking("VP9", bytes.fromhex(payload))
    assert {name: marking[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        # As Chromium's OpenH264 sends L1T3.
        ("7c81e01580563d10", {"layer": (0, 0), "starts": True}),
        ("3c81e01540553e40", {"layer": (0, 0), "starts": True}),
        ("1c81e0158055ab90", {"layer": (0, 1), "starts": True}),
        ("1c41496381de7045", {"layer": (0, 1), "starts": False}),
        ("01e0", {"layer": (0, 1), "starts": True}),
        ("0160", {"layer": (0, 1), "starts": False}),  # not the first slice
        ("61e0", {"layer": (0, 0), "starts": True}),
        ("06e0", {"layer": (0, 0), "starts": False}),  # nobody needs an SEI message, but it is no picture
        ("1c", {"layer": (0, 0), "starts": False}),
    ],
)
def test_headers_of_h264(payload, expected):
    marking = probe_marking("H264", bytes.fromhex(payload))
    assert {name: marking[name] for name in expected} == expected


def test_counters_of_vp9_count_on_in_their_width():
    assert probe_counted_on("VP9", bytes.fromhex("a8ffff34ff99"), 2).hex() == "a8800134" + "0199"
    assert probe_counted_on("VP9", bytes.fromhex("a87f34ff99"), 2).hex() == "a80134" + "0199"
