"""The dependency descriptor: read as the AV1 RTP specification writes it, and what follows from it for subscribers."""

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket
from hypothesis import given
from hypothesis import strategies as st

from ovrouter._fastpath._core import probe_dependency
from tests.unit.fastpath.layered import (
    DEPENDENCY_ID,
    L1T3_STRUCTURE,
    L2T2_STRUCTURE,
    PACKETS_PER_FRAME,
    Av1Encoder,
    Decoder,
    Structure,
    Template,
    play,
    write_descriptor,
)
from tests.unit.fastpath.rig import SECOND, VIDEO, VIDEO_RTX, Rig

AV1_BPS = 2 * (200 + 800) * 8 * 25


def first(structure, offset=0):
    return write_descriptor(1, offset, start=1, end=0, structure=structure, offset=offset)


@pytest.mark.parametrize("offset", [0, 3, 60])
def test_templates_stay_known(offset):
    for index, template in enumerate(L2T2_STRUCTURE.templates):
        follower = write_descriptor(2, (offset + index) % 64, start=1, end=1)
        marking = probe_dependency([first(L2T2_STRUCTURE, offset), follower])
        assert marking["layer"] == marking["opens_from"] == (template.spatial, template.temporal)
        assert marking["starts"] == (template.spatial == 0)
        assert marking["ends"]


def test_a_structure_tells_how_many_sizes_there_are():
    assert probe_dependency([first(L2T2_STRUCTURE)])["spatial_layers"] == 2


CHROMIUM_L1T3 = "800001800214eaa860414d1410208427013f00b3"
CHROMIUM_L2T2 = "c00001c003187aaaf130a0a014d1413823046008642222265027f016704ff02cf3"


@pytest.mark.parametrize(
    ("structure", "follower", "layer", "spatial_layers"),
    [
        # As Chromium 156 sends them, with references and chains of their own.
        (CHROMIUM_L1T3, "", (0, 0), 1),
        (CHROMIUM_L2T2, "", (0, 0), 2),
        (CHROMIUM_L2T2, "8200181a000800", (0, 1), 0),
        (CHROMIUM_L2T2, "8100171a201000", (0, 0), 0),
    ],
)
def test_descriptors_of_chromium(structure, follower, layer, spatial_layers):
    marking = probe_dependency([bytes.fromhex(structure), *([bytes.fromhex(follower)] if follower else [])])
    assert (marking["layer"], marking["spatial_layers"]) == (layer, spatial_layers)
    assert marking["is_layered"]


def opened(structure, template_id, **options):
    descriptor = write_descriptor(2, template_id, start=1, end=1, **options)
    return set(probe_dependency([first(structure), descriptor])["opens"])


def test_a_switch_indication_opens_its_decode_target():
    above = {(1, 0), (1, 1)}
    assert opened(L2T2_STRUCTURE, 1) == {(0, 0), (0, 1)}
    assert opened(L2T2_STRUCTURE, 0) == {(0, 0), (0, 1)} | above
    assert opened(L2T2_STRUCTURE, 4) == above
    assert opened(L2T2_STRUCTURE, 2) == set()
    assert {temporal for _, temporal in opened(L1T3_STRUCTURE, 1)} == {0, 1, 2}
    assert {temporal for _, temporal in opened(L1T3_STRUCTURE, 2)} == {2}


def test_a_frame_may_have_indications_of_its_own():
    assert opened(L1T3_STRUCTURE, 1, indications="SRR") == opened(L1T3_STRUCTURE, 1, indications="SRR", active="011")
    assert {temporal for _, temporal in opened(L1T3_STRUCTURE, 1, indications="SRR")} == {0}


def test_nothing_is_opened_inside_a_frame():
    inside = write_descriptor(2, 1, start=0, end=0)
    assert probe_dependency([first(L1T3_STRUCTURE), inside])["opens"] == []


def test_an_unknown_template_says_nothing():
    assert not probe_dependency([write_descriptor(2, 1, start=1, end=1)])["is_layered"]
    assert not probe_dependency([first(L1T3_STRUCTURE), write_descriptor(2, 9, start=1, end=1)])["is_layered"]


@pytest.mark.parametrize("structure", [L1T3_STRUCTURE, L2T2_STRUCTURE])
def test_a_structure_that_is_cut_short_is_not_learned(structure):
    whole = first(structure)
    follower = write_descriptor(2, 1, start=1, end=1)
    for length in range(3, len(whole)):
        assert not probe_dependency([whole[:length], follower])["is_layered"]


def templates(targets, chains):
    return st.builds(
        Template,
        spatial=st.integers(0, 3),
        temporal=st.integers(0, 3),
        indications=st.text("-DSR", min_size=targets, max_size=targets),
        frame_diffs=st.lists(st.integers(1, 16), max_size=4).map(tuple),
        chain_diffs=st.tuples(*[st.integers(0, 15)] * chains),
    )


@st.composite
def structures(draw):
    """Layers of templates ascend by one as the format demands; indications do not make sense."""
    targets = draw(st.integers(1, 32))
    chains = draw(st.integers(1, targets))
    drawn = draw(st.lists(templates(targets, chains), min_size=1, max_size=20))
    ordered, spatial, temporal = [], 0, 0
    for index, template in enumerate(drawn):
        step = 0 if index == 0 else draw(st.sampled_from([0, 1, 2]))
        spatial, temporal = (spatial + 1, 0) if step == 2 else (spatial, temporal + (step == 1))
        ordered.append(Template(spatial, temporal, template.indications, template.frame_diffs, template.chain_diffs))
    protecting = [draw(st.integers(0, chains - 1)) for _ in range(targets)]
    protecting[0] = chains - 1
    resolutions = draw(st.sampled_from([(), ((1280, 720),) * (spatial + 1)]))
    return Structure(tuple(ordered), tuple(protecting), resolutions)


@given(structures(), st.integers(0, 63), st.data())
def test_any_structure_is_read_to_its_end(structure, offset, data):
    index = data.draw(st.integers(0, len(structure.templates) - 1))
    attached = write_descriptor(
        1, (offset + index) % 64, start=1, end=1, structure=structure, offset=offset,
        indications=structure.templates[index].indications,
    )  # fmt: skip
    if len(attached) > 255:
        return
    follower = write_descriptor(2, (offset + index) % 64, start=1, end=1)
    template = structure.templates[index]
    marking = probe_dependency([attached, follower])
    assert marking["layer"] == (min(template.spatial, 3), min(template.temporal, 3))
    assert probe_dependency([attached])["opens"] == marking["opens"]


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
def test_no_descriptor_is_read_beyond_its_end(descriptors):
    assert probe_dependency(descriptors)["layer"] is not None


# -------------------------------------------------------------------------------------------------------- forwarding


def call(**options):
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_extensions(alice.handle, dependency=DEPENDENCY_ID)
    track = alice.publish_video(codec="AV1")
    down = bob.subscribe(track, extensions=[(DEPENDENCY_ID, DEPENDENCY_ID)], **options)
    rig.core.join_client(bob.handle, b"bob")
    return rig, alice, bob, track, down


def test_without_a_limit_everything_is_sent():
    rig, alice, bob, _, down = call()
    encoder = Av1Encoder()
    play(rig, alice, encoder, 3)
    assert len(Decoder().decode(bob.rtp).frames) == 2 * encoder.number
    assert rig.core.describe_down_track(down)["layer"] == (1, 1)


@pytest.mark.parametrize(("percent", "spatial", "temporal"), [(60, {0, 1}, {0}), (25, {0}, {0, 1}), (13, {0}, {0})])
def test_a_maximum_takes_frames_first_and_then_the_larger_picture(percent, spatial, temporal):
    rig, alice, bob, _, down = call()
    rig.core.set_down_limits(down, max_bps=AV1_BPS * percent // 100)
    play(rig, alice, Av1Encoder(), 5)
    decoder = Decoder().decode(bob.rtp)
    assert (decoder.spatial_layers(last=12), decoder.temporal_layers(last=12)) == (spatial, temporal)
    assert alice.received(RtcpPsfbPacket) == []


def test_layers_come_back_where_they_may():
    rig, alice, bob, _, down = call()
    encoder = Av1Encoder()
    rig.core.set_down_limits(down, max_bps=AV1_BPS * 13 // 100)
    play(rig, alice, encoder, 4)
    rig.core.set_down_limits(down, max_bps=AV1_BPS * 25 // 100)
    play(rig, alice, encoder, 2)
    assert alice.received(RtcpPsfbPacket) == []
    rig.core.set_down_limits(down, max_bps=0)
    play(rig, alice, encoder, 2)
    decoder = Decoder().decode(bob.rtp)
    assert (decoder.spatial_layers(last=12), decoder.temporal_layers(last=12)) == ({0, 1}, {0, 1})
    assert len(alice.received(RtcpPsfbPacket)) == 1


def test_a_packet_that_ends_a_smaller_picture_does_so_again_when_it_is_repeated():
    rig, alice, bob, _, down = call(rtx_ssrc=0x5001, rtx_payload_types=[(VIDEO, VIDEO_RTX)])
    rig.core.set_down_limits(down, max_bps=AV1_BPS * 25 // 100)
    play(rig, alice, Av1Encoder(), 4)
    sent = bob.rtp[-12:]
    for packet in sent:
        rig.run(SECOND // 10)
        bob.send_rtcp(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x5000, lost=[packet.sequence_number]))
    again = [packet for packet in bob.rtp if packet.ssrc == 0x5001]
    assert [(p.marker, p.payload[2:]) for p in again] == [(p.marker, p.payload) for p in sent]


def test_a_joiner_reads_the_structure_from_the_cache():
    rig, alice, _, track, _ = call()
    encoder = Av1Encoder()
    play(rig, alice, encoder, 1)
    carol = rig.peer()
    down = carol.subscribe(track, extensions=[(DEPENDENCY_ID, DEPENDENCY_ID)])
    rig.core.join_client(carol.handle, b"carol")
    rig.core.set_down_limits(down, max_bps=AV1_BPS * 25 // 100)
    play(rig, alice, encoder, 2)
    assert Decoder().decode(carol.rtp).spatial_layers(last=12) == {0}
    assert alice.received(RtcpPsfbPacket) == []


@pytest.mark.parametrize(("codec", "key", "delta"), [("H264", b"\x67", b"\x41"), ("VP8", b"\x10\x00", b"\x10\x01")])
def test_other_codecs_may_be_described_too(codec, key, delta):
    """Chromium leaves VP8's own descriptor out then."""
    rig = Rig()
    alice, bob = rig.peer(), rig.peer()
    rig.core.set_extensions(alice.handle, dependency=DEPENDENCY_ID)
    down = bob.subscribe(alice.publish_video(codec=codec))
    rig.core.join_client(bob.handle, b"bob")

    class Encoder(Av1Encoder):
        def picture(self, *, is_key=False):
            packets = super().picture(is_key=is_key)
            for packet in packets:
                packet.payload = (key if packet.payload[0] == 0x18 else delta) + packet.payload
            return packets

    rig.core.set_down_limits(down, max_bps=AV1_BPS * 60 // 100)
    play(rig, alice, Encoder(), 4)
    assert Decoder().decode(bob.rtp).temporal_layers(last=12) == {0}


def test_temporal_layers_come_back_while_the_encoder_sends_no_larger_picture():
    """Encoders leave the larger pictures out when they lack bandwidth; whoever may have them must not wait for them."""
    rig, alice, bob, _, down = call()
    encoder = Av1Encoder()

    class SmallOnly(Av1Encoder):
        def picture(self, *, is_key=False):
            encoder.sequence = self.sequence
            packets = encoder.picture(is_key=is_key)[:PACKETS_PER_FRAME]
            self.sequence += len(packets)
            packets[-1].marker = 1
            return packets

    play(rig, alice, encoder, 1)
    small = SmallOnly(sequence=encoder.sequence)
    play(rig, alice, small, 3)
    rig.core.set_down_limits(down, max_bps=AV1_BPS * 13 // 100)
    play(rig, alice, small, 3)
    assert rig.core.describe_down_track(down)["layer"] == (0, 0)
    rig.core.set_down_limits(down, max_bps=0)
    play(rig, alice, small, 2)
    assert rig.core.describe_down_track(down)["layer"] == (0, 1)
    assert Decoder().decode(bob.rtp).temporal_layers(last=6) == {0, 1}
    assert alice.received(RtcpPsfbPacket) == []
